import * as z from 'zod';
import type { Resource } from '../template/read-template.ts';

/** A function as the template defines it, and where its unpacked code is. */
export type FunctionDefinition = {
  readonly name: string;
  readonly arn: string;
  readonly handler: string;
  readonly runtime: string;
  readonly role: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly deadLetterArn: string | null;
  readonly codeDirectory: string;
  /** Base64 of the SHA-256 of the deployment package, as Lambda gives it. */
  readonly codeSha256: string;
  readonly invoke: AsyncSettings;
};

/** How Lambda deals with asynchronous events of a function. */
export type AsyncSettings = {
  readonly retries: number;
  readonly maxEventAgeSeconds: number;
  /** Whether the template configures it: the API answers only then. */
  readonly configured: boolean;
};

/** Lambda's own defaults. */
export const DEFAULT_ASYNC: AsyncSettings = { retries: 2, maxEventAgeSeconds: 21_600, configured: false };

const propertiesSchema = z.looseObject({
  FunctionName: z.string(),
  Handler: z.string(),
  Runtime: z.string(),
  Role: z.string(),
  Timeout: z.number().default(3),
  MemorySize: z.number().default(128),
  Code: z.looseObject({ S3Key: z.string() }),
  Environment: z.object({ Variables: z.record(z.string(), z.coerce.string()) }).optional(),
  DeadLetterConfig: z.object({ TargetArn: z.string() }).optional(),
});

const invokeConfigSchema = z.object({
  FunctionName: z.string(),
  Qualifier: z.string(),
  MaximumRetryAttempts: z.number().optional(),
  MaximumEventAgeInSeconds: z.number().optional(),
});

/** Code unpacked from a deployment package. */
export type UnpackedCode = { readonly directory: string; readonly sha256: string };

/** Reads a function out of the template. Throws, naming the property, when it is malformed. */
export async function defineFunction(
  resource: Resource,
  settings: {
    readonly arnPrefix: string;
    readonly invoke: AsyncSettings;
    readonly unpack: (zipFile: string) => Promise<UnpackedCode>;
  },
): Promise<FunctionDefinition> {
  const properties = propertiesSchema.parse(resource.properties);
  const code = await settings.unpack(properties.Code.S3Key.split('/').at(-1) ?? '');
  return {
    name: properties.FunctionName,
    arn: `${settings.arnPrefix}${properties.FunctionName}`,
    handler: properties.Handler,
    runtime: properties.Runtime,
    role: properties.Role,
    timeoutSeconds: properties.Timeout,
    memoryMegabytes: properties.MemorySize,
    environment: properties.Environment?.Variables ?? {},
    deadLetterArn: properties.DeadLetterConfig?.TargetArn ?? null,
    codeDirectory: code.directory,
    codeSha256: code.sha256,
    invoke: settings.invoke,
  };
}

/** The asynchronous settings of a function, Lambda's defaults where the template has none. */
export function asyncSettingsOf(functionName: string, resources: readonly Resource[]): AsyncSettings {
  const configured = resources
    .filter(({ type }) => type === 'AWS::Lambda::EventInvokeConfig')
    .map(({ properties }) => invokeConfigSchema.parse(properties))
    .find((config) => config.FunctionName === functionName && config.Qualifier === '$LATEST');
  if (configured === undefined) return DEFAULT_ASYNC;
  return {
    retries: configured.MaximumRetryAttempts ?? DEFAULT_ASYNC.retries,
    maxEventAgeSeconds: configured.MaximumEventAgeInSeconds ?? DEFAULT_ASYNC.maxEventAgeSeconds,
    configured: true,
  };
}
