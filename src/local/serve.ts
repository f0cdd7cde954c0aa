import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { startLocalAws, type LocalAws } from './local-aws.ts';
import { packageStack } from './package-stack.ts';

const STAGE = 'local';
const DEFAULT_PORT = 4580;

/** Lambda's own waits, one and two minutes between attempts, become one and two seconds. */
const DEFAULT_SPEED = 60;

const HELP = `Usage: npm run local [-- OPTIONS]

Packages the stack of stage ${STAGE} and brings it up in a local AWS that stays until you press Ctrl-C.
Needs no AWS account and no network. Nothing is kept: the next start begins empty.

Options:
  --port PORT     loopback port, default ${DEFAULT_PORT}; 0 takes any that is free
  --speed N       divides Lambda's own waits and schedules, default ${DEFAULT_SPEED}; queues run in real time
  --package DIR   use a stack that is already packaged: npx sls package --stage ${STAGE} --package DIR
  --quiet         do not print what the functions write
  --help          show this text

Exit code: 0 when stopped by Ctrl-C or a signal, 1 when it cannot start, 2 for wrong use.
`;

type Options = {
  readonly port: number;
  readonly speed: number;
  readonly package: string | null;
  readonly quiet: boolean;
  readonly help: boolean;
};

function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

async function main(): Promise<number> {
  const options = readOptions();
  if (typeof options === 'string') {
    say(`${options}\n\n${HELP}`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(HELP);
    return 0;
  }
  const scratch = await mkdtemp(join(tmpdir(), 'local-aws-'));
  try {
    await serve(options, scratch);
    return 0;
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

async function serve(options: Options, scratch: string): Promise<void> {
  const stopped = aSignal();
  if (options.package === null) {
    say(`packaging the stack, stage ${STAGE}`);
    await packageStack(STAGE, scratch);
  }
  const aws = await startLocalAws({
    packageDir: options.package ?? scratch,
    scratchDir: scratch,
    port: options.port,
    lambdaSpeed: options.speed,
    onProgress: say,
  });
  try {
    if (!options.quiet) aws.onLogLine((name, line) => say(`${name}: ${line}`));
    process.stdout.write(howToUse(aws));
    await stopped;
    say('stopping');
  } finally {
    await aws.stop();
  }
}

function aSignal(): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => resolve());
  return promise;
}

function howToUse({ environment, functionNames, queueNames }: LocalAws): string {
  const [anyFunction = 'NAME'] = functionNames;
  const [anyQueue = 'NAME'] = queueNames;
  return `
Point the AWS CLI, sls or an SDK at it in another shell:

${Object.entries(environment)
  .map(([name, value]) => `export ${name}=${value}`)
  .join('\n')}

  aws lambda invoke --function-name ${anyFunction} --invocation-type Event \\
    --payload fileb://EVENT.json /dev/stdout
  aws sqs get-queue-url --queue-name ${anyQueue}
  aws s3 ls && aws dynamodb list-tables && aws sns list-topics
  npx sls invoke --stage ${STAGE} --function FUNCTION --data '{}'

Functions: ${functionNames.join(', ')}
Queues:    ${queueNames.join(', ')}

An SQS client of the JavaScript SDK needs { useQueueUrlAsEndpoint: false }, an S3 client { forcePathStyle: true }.
Stop it with Ctrl-C.
`;
}

/** The options, or what is wrong with them. */
function readOptions(): Options | string {
  try {
    const { values } = parseArgs({
      options: {
        port: { type: 'string' },
        speed: { type: 'string' },
        package: { type: 'string' },
        quiet: { type: 'boolean' },
        help: { type: 'boolean' },
      },
    });
    const port = Number(values.port ?? DEFAULT_PORT);
    const speed = Number(values.speed ?? DEFAULT_SPEED);
    if (!Number.isInteger(port) || port < 0 || port > 65_535)
      return '--port must be a number from 0 to 65535';
    if (!(speed >= 1)) return '--speed must be a number from 1 on';
    const { package: packaged = null, quiet = false, help = false } = values;
    return { port, speed, package: packaged, quiet, help };
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

process.exitCode = await main().catch((error: unknown) => {
  say(`the local AWS cannot start: ${error instanceof Error ? error.message : String(error)}`);
  return 1;
});
