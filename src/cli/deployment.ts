import type { Command } from 'commander';
import { ownProperty, ownString } from '../recovery/json.ts';
import { Misuse } from './misuse.ts';

/** Which deployed stage a command speaks to. */
export type DeploymentFlags = {
  readonly stage: string;
  readonly region?: string;
  readonly profile?: string;
};

/** What is deployed, by its own word. */
export type Deployment = {
  readonly stage: string;
  readonly region: string;
  readonly archiveBucket: string;
  readonly ledgerTable: string;
  /** Name of the releaser's function. */
  readonly releaser: string;
};

const SERVICE = 'dead-letter-reprocessor';

/** Adds the options that say which stage, where, and as whom. */
export function withDeployment(command: Command): Command {
  return command
    .option('--stage <name>', 'the deployed stage', 'dev')
    .option('--region <name>', 'its region (default: AWS_REGION, AWS_DEFAULT_REGION, or the profile’s)')
    .option('--profile <name>', 'the AWS profile to do it as (default: as the AWS CLI finds it)');
}

/**
 * Finds a deployed stage by its consumer, whose environment names the archive and the ledger. Every SDK client that is made after this
 * speaks to the region and as the profile that the flags name. Throws a Misuse that says what to do.
 */
export async function findDeployment(flags: DeploymentFlags): Promise<Deployment> {
  choose(flags, process.env);
  const [{ GetFunctionConfigurationCommand, ResourceNotFoundException }, { lambdaClient }] =
    await Promise.all(
      // The SDK takes longer to load than the commands take that need none.
      [import('@aws-sdk/client-lambda'), import('../aws/clients/lambda.ts')],
    );
  const client = lambdaClient();
  const FunctionName = `${SERVICE}-${flags.stage}-consumer`;
  try {
    const { Environment } = await client.send(new GetFunctionConfigurationCommand({ FunctionName }));
    return deploymentIn(Environment?.Variables, FunctionName, flags.stage, await client.config.region());
  } catch (error) {
    if (!(error instanceof ResourceNotFoundException))
      throw problemOf(error, `reading the configuration of ${FunctionName}`);
    const region = await client.config.region();
    throw new Misuse(
      `stage ${flags.stage} is not deployed in ${region}, in the account of these credentials: there is no function ` +
        `${FunctionName}. Choose with --stage, --region and --profile, or deploy it: npx sls deploy --stage ${flags.stage}`,
    );
  } finally {
    client.destroy();
  }
}

/** What the flags say goes before what the environment says, as with the AWS CLI. */
function choose({ region, profile }: DeploymentFlags, environment: NodeJS.ProcessEnv): void {
  if (profile !== undefined) {
    environment['AWS_PROFILE'] = profile;
    for (const name of ['AWS_ACCESS_KEY_ID', 'AWS_SECRET_ACCESS_KEY', 'AWS_SESSION_TOKEN'])
      delete environment[name];
  }
  // The second one is the AWS CLI's: the SDK does not know it.
  const chosen = region ?? (environment['AWS_REGION'] || environment['AWS_DEFAULT_REGION']);
  if (chosen !== undefined && chosen !== '') environment['AWS_REGION'] = chosen;
}

function deploymentIn(
  variables: Readonly<Record<string, string>> | undefined,
  functionName: string,
  stage: string,
  region: string,
): Deployment {
  const named = (name: string): string => {
    const value = ownString(variables, name);
    if (value !== null) return value;
    throw new Misuse(
      `${functionName} does not say its ${name}: its environment may be under a key that you may not use, ` +
        'or it is of another version. Allow kms:Decrypt, or deploy this version',
    );
  };
  return {
    stage,
    region,
    archiveBucket: named('ARCHIVE_BUCKET'),
    ledgerTable: named('LEDGER_TABLE'),
    releaser: named('RELEASER'),
  };
}

const EXPIRED = ['ExpiredTokenException', 'ExpiredToken', 'TokenRefreshRequired', 'RequestExpired'];
const REFUSED = [
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidAccessKeyId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'AuthFailure',
];
const DENIED = ['AccessDeniedException', 'AccessDenied', 'Forbidden', 'UnauthorizedOperation'];
const UNREACHABLE = ['ECONNREFUSED', 'ECONNRESET', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ETIMEDOUT'];

/**
 * What AWS, or the way there, has said against a call: a Misuse that says what to do. An error of another origin is given back as it
 * is. `doing`: what was tried.
 */
export function problemOf(error: unknown, doing: string): unknown {
  if (!(error instanceof Error) || error instanceof Misuse) return error;
  const { name, message } = error;
  const code = ownString(error, 'code') ?? '';
  if (name === 'CredentialsProviderError' || name === 'ProviderError') {
    return new Misuse(
      `there are no credentials for ${doing}: give --profile, set AWS_PROFILE, or sign in with the AWS CLI (${message})`,
    );
  }
  if (message === 'Region is missing') {
    return new Misuse(
      `there is no region for ${doing}: give --region, set AWS_REGION, or name one in the profile`,
    );
  }
  if (EXPIRED.includes(name)) {
    return new Misuse(`the credentials have expired: sign in again, then repeat the command (${message})`);
  }
  if (REFUSED.includes(name)) {
    return new Misuse(`AWS does not know these credentials: choose others with --profile (${message})`);
  }
  if (DENIED.includes(name)) return new Misuse(`there is no permission for ${doing}: ${message}`);
  if (UNREACHABLE.includes(code) || name === 'TimeoutError') {
    const where = process.env['AWS_ENDPOINT_URL'];
    const advice = where === undefined ? 'is the network there?' : `AWS_ENDPOINT_URL is ${where}: is it up?`;
    return new Misuse(`AWS cannot be reached for ${doing}: ${advice} (${message || code})`);
  }
  // What a service has answered. Whatever else it is, it is no fault of the command's own.
  return ownProperty(error, '$metadata') === undefined
    ? error
    : new Misuse(`${doing} failed: ${name}: ${message}`);
}
