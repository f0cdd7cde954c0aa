import * as z from 'zod';
import { parseProperties } from '../template/parse-properties.ts';
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
  /** Runs at the same time, at most; null = no limit of its own; 0 = stopped. */
  readonly reservedConcurrency: number | null;
  readonly codeDirectory: string;
  /** Base64 of the SHA-256 of the deployment package, as Lambda gives it. */
  readonly codeSha256: string;
  /** When the code was put up, in Lambda's own format: `2026-11-24T10:00:00.000+0000`. */
  readonly lastModified: string;
  /** By qualifier; `$LATEST` is the unqualified function. Published versions and aliases run the code of the template. */
  readonly qualifiers: ReadonlyMap<string, QualifiedSettings>;
};

/** How Lambda deals with a qualifier of a function. */
export type QualifiedSettings = {
  /** The version that it stands for. */
  readonly version: string;
  readonly retries: number;
  readonly maxEventAgeSeconds: number;
  readonly onFailureArn: string | null;
  readonly onSuccessArn: string | null;
  /** Whether the template configures its asynchronous invocation: the API answers only then. */
  readonly configured: boolean;
};

export const LATEST = '$LATEST';

/** Lambda's own defaults. */
const DEFAULT_RETRIES = 2;
const DEFAULT_EVENT_AGE_SECONDS = 21_600;

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
  ReservedConcurrentExecutions: z.number().int().min(0).optional(),
});

/** Code unpacked from a deployment package. */
export type UnpackedCode = { readonly directory: string; readonly sha256: string };

/** Reads a function out of the template. Throws, naming the property, when it is malformed. */
export async function defineFunction(
  resource: Resource,
  settings: {
    readonly arnPrefix: string;
    readonly resources: readonly Resource[];
    readonly unpack: (zipFile: string) => Promise<UnpackedCode>;
  },
): Promise<FunctionDefinition> {
  const properties = parseProperties(propertiesSchema, resource);
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
    reservedConcurrency: properties.ReservedConcurrentExecutions ?? null,
    codeDirectory: code.directory,
    codeSha256: code.sha256,
    lastModified: new Date().toISOString().replace('Z', '+0000'),
    qualifiers: qualifiersOf(properties.FunctionName, settings.resources),
  };
}

const ofFunction = z.looseObject({ FunctionName: z.string() });
const aliasSchema = z.looseObject({ Name: z.string(), FunctionVersion: z.string() });
const destinationSchema = z
  .object({
    Destination: z
      .string()
      .regex(/^arn:aws:(?:sqs|sns):/, 'only queues and topics are modelled as destinations'),
  })
  .optional();
const invokeConfigSchema = z.looseObject({
  Qualifier: z.string(),
  MaximumRetryAttempts: z.number().default(DEFAULT_RETRIES),
  MaximumEventAgeInSeconds: z.number().default(DEFAULT_EVENT_AGE_SECONDS),
  DestinationConfig: z
    .object({ OnFailure: destinationSchema, OnSuccess: destinationSchema })
    .default({ OnFailure: undefined, OnSuccess: undefined }),
});

function qualifiersOf(
  functionName: string,
  resources: readonly Resource[],
): ReadonlyMap<string, QualifiedSettings> {
  const own = resources.filter(({ type, properties }) => {
    if (!type.startsWith('AWS::Lambda::') || type === 'AWS::Lambda::Function') return false;
    const named = ofFunction.safeParse(properties);
    return named.success && nameIn(named.data.FunctionName) === functionName;
  });
  const versions = own
    .filter(({ type }) => type === 'AWS::Lambda::Version')
    .map((_, index) => String(index + 1));
  const aliases = own
    .filter(({ type }) => type === 'AWS::Lambda::Alias')
    .map((alias) => parseProperties(aliasSchema, alias));
  const configs = own
    .filter(({ type }) => type === 'AWS::Lambda::EventInvokeConfig')
    .map((config) => parseProperties(invokeConfigSchema, config));
  const named = [
    [LATEST, LATEST],
    ...versions.map((version) => [version, version]),
    ...aliases.map(({ Name, FunctionVersion }) => [Name, FunctionVersion.split(':').at(-1) ?? LATEST]),
  ] as const;
  return new Map(
    named.map(([qualifier = LATEST, version = LATEST]) => {
      const config = configs.find(({ Qualifier }) => Qualifier === qualifier);
      return [
        qualifier,
        {
          version,
          retries: config?.MaximumRetryAttempts ?? DEFAULT_RETRIES,
          maxEventAgeSeconds: config?.MaximumEventAgeInSeconds ?? DEFAULT_EVENT_AGE_SECONDS,
          onFailureArn: config?.DestinationConfig.OnFailure?.Destination ?? null,
          onSuccessArn: config?.DestinationConfig.OnSuccess?.Destination ?? null,
          configured: config !== undefined,
        },
      ];
    }),
  );
}

/** The function's name in a name or an ARN. */
export function nameIn(reference: string): string {
  return reference.startsWith('arn:') ? (reference.split(':')[6] ?? reference) : reference;
}
