import * as z from 'zod';
import { errorAnswer, jsonAnswer, type Answer, type Call } from '../front.ts';
import { parseJson } from '../json.ts';
import { LATEST, vpcConfigSchema, type FunctionDefinition, type Unpack } from './function-definition.ts';
import { isVersion, type CalledFunction, type HostedFunction } from './hosted-function.ts';

/** What Lambda's API says of a function, and how it changes one. */

/** `GetFunctionConfiguration`. */
export function configurationOf({ hosted, pool, qualifier }: CalledFunction): Answer {
  const functionArn = qualifier === LATEST ? hosted.arn : `${hosted.arn}:${qualifier}`;
  return jsonAnswer(200, configuration(pool.definition, functionArn));
}

/** There are no layers here, and a change is done when its answer goes back. */
function configuration(definition: FunctionDefinition, functionArn: string): Record<string, unknown> {
  return {
    FunctionName: definition.name,
    FunctionArn: functionArn,
    Runtime: definition.runtime,
    Role: definition.role,
    Handler: definition.handler,
    Timeout: definition.timeoutSeconds,
    MemorySize: definition.memoryMegabytes,
    CodeSha256: definition.codeSha256,
    LastModified: definition.lastModified,
    Version: definition.version,
    State: 'Active',
    LastUpdateStatus: 'Successful',
    Environment: { Variables: definition.environment },
    VpcConfig: definition.vpc ?? undefined,
    DeadLetterConfig: definition.deadLetterArn === null ? undefined : { TargetArn: definition.deadLetterArn },
  };
}

const codeSchema = z.strictObject({ ZipFile: z.base64() });

/** `UpdateFunctionCode`. The answer goes back when the next invocation runs the new code. */
export async function changeCode(hosted: HostedFunction, call: Call, unpack: Unpack): Promise<Answer> {
  const body = bodyOf(codeSchema, call);
  if (!body.ok) return body.answer;
  const code = await unpack(Buffer.from(body.value.ZipFile, 'base64')).catch(() => null);
  if (code === null) {
    const text = 'Could not unzip uploaded file. Please check your file, then try to upload again.';
    return errorAnswer(400, 'InvalidParameterValueException', text);
  }
  return changed(hosted, code);
}

/** Limits: Lambda API reference, UpdateFunctionConfiguration. */
const configurationSchema = z.strictObject({
  Handler: z.string().optional(),
  Runtime: z.string().optional(),
  Role: z.string().optional(),
  Timeout: z.int().min(1).max(900).optional(),
  MemorySize: z.int().min(128).max(10_240).optional(),
  Environment: z.object({ Variables: z.record(z.string(), z.string()).default({}) }).optional(),
  DeadLetterConfig: z.object({ TargetArn: z.string().optional() }).optional(),
  VpcConfig: vpcConfigSchema.optional(),
});

/** `UpdateFunctionConfiguration`. What the call does not name stays as it is; variables are replaced as a whole. */
export async function changeConfiguration(hosted: HostedFunction, call: Call): Promise<Answer> {
  const body = bodyOf(configurationSchema, call);
  if (!body.ok) return body.answer;
  const { Handler, Runtime, Role, Timeout, MemorySize, Environment, DeadLetterConfig, VpcConfig } =
    body.value;
  const deadLetterArn = DeadLetterConfig?.TargetArn;
  return changed(hosted, {
    ...(Handler !== undefined && { handler: Handler }),
    ...(Runtime !== undefined && { runtime: Runtime }),
    ...(Role !== undefined && { role: Role }),
    ...(Timeout !== undefined && { timeoutSeconds: Timeout }),
    ...(MemorySize !== undefined && { memoryMegabytes: MemorySize }),
    ...(Environment !== undefined && { environment: Environment.Variables }),
    // An empty ARN takes the dead-letter queue away; a configuration without one keeps it.
    ...(deadLetterArn !== undefined && { deadLetterArn: deadLetterArn === '' ? null : deadLetterArn }),
    ...(VpcConfig !== undefined && { vpc: VpcConfig }),
  });
}

async function changed(hosted: HostedFunction, change: Partial<FunctionDefinition>): Promise<Answer> {
  return jsonAnswer(200, configuration(await hosted.update(change), hosted.arn));
}

/** `GetFunctionConcurrency`: without a member when nothing is reserved. */
export function concurrencyOf({ reservedConcurrency }: HostedFunction): Answer {
  return jsonAnswer(200, { ReservedConcurrentExecutions: reservedConcurrency ?? undefined });
}

const concurrencySchema = z.strictObject({ ReservedConcurrentExecutions: z.int().min(0) });

/** `PutFunctionConcurrency`. It is no change of the function's configuration. */
export function changeConcurrency(hosted: HostedFunction, call: Call): Answer {
  const body = bodyOf(concurrencySchema, call);
  if (!body.ok) return body.answer;
  hosted.reservedConcurrency = body.value.ReservedConcurrentExecutions;
  return concurrencyOf(hosted);
}

/** `DeleteFunctionConcurrency`. */
export function liftConcurrency(hosted: HostedFunction): Answer {
  hosted.reservedConcurrency = null;
  return { ...jsonAnswer(204, null), body: Buffer.alloc(0) };
}

/** `GetAlias`. */
export function aliasOf(hosted: HostedFunction, name: string): Answer {
  const alias = isVersion(name) ? null : aliasConfiguration(hosted, name);
  return alias === null
    ? errorAnswer(404, 'ResourceNotFoundException', `Cannot find alias arn: ${hosted.arn}:${name}`)
    : jsonAnswer(200, alias);
}

/** `ListAliases`. All of them fit into one page. */
export function aliasesOf(hosted: HostedFunction): Answer {
  return jsonAnswer(200, { Aliases: hosted.aliases.map((name) => aliasConfiguration(hosted, name)) });
}

function aliasConfiguration(hosted: HostedFunction, name: string): Record<string, string> | null {
  const alias = hosted.find(name);
  if (alias === null) return null;
  return {
    AliasArn: `${hosted.arn}:${name}`,
    Name: name,
    FunctionVersion: alias.settings.version,
    Description: '',
  };
}

/** `GetFunctionEventInvokeConfig`. */
export function invokeConfigOf({ hosted, qualifier, settings }: CalledFunction): Answer {
  if (!settings.configured) {
    const text = `The function ${hosted.arn}:${qualifier} doesn't have an EventInvokeConfig`;
    return errorAnswer(404, 'ResourceNotFoundException', text);
  }
  return jsonAnswer(200, {
    FunctionArn: `${hosted.arn}:${qualifier}`,
    MaximumRetryAttempts: settings.retries,
    MaximumEventAgeInSeconds: settings.maxEventAgeSeconds,
    DestinationConfig: {
      OnFailure: destination(settings.onFailureArn),
      OnSuccess: destination(settings.onSuccessArn),
    },
  });
}

function destination(arn: string | null): Record<string, string> {
  return arn === null ? {} : { Destination: arn };
}

/** The body of a call in its expected shape, or the refusal: by name for a member that is not modelled. */
function bodyOf<T>(
  schema: z.ZodType<T>,
  { requestBody, method, url }: Call,
): { readonly ok: true; readonly value: T } | { readonly ok: false; readonly answer: Answer } {
  const body = parseJson(requestBody.toString('utf8'));
  const parsed = schema.safeParse(body.ok ? body.value : null);
  if (parsed.success) return { ok: true, value: parsed.data };
  const unknown = parsed.error.issues.flatMap((issue) =>
    issue.code === 'unrecognized_keys' ? issue.keys : [],
  );
  const answer =
    unknown.length > 0
      ? errorAnswer(
          501,
          'NotImplemented',
          `the local Lambda does not model ${unknown.join(', ')} of ${method} ${url}`,
        )
      : errorAnswer(400, 'ValidationException', z.prettifyError(parsed.error));
  return { ok: false, answer };
}
