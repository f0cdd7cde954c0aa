import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import * as z from 'zod';
import { parseProperties } from '../template/parse-properties.ts';
import type { Resource } from '../template/read-template.ts';

/** The configuration of one version of a function, and where its unpacked code is. */
export type FunctionDefinition = {
  readonly name: string;
  /** Without a qualifier. */
  readonly arn: string;
  /** `$LATEST` or a number. */
  readonly version: string;
  readonly handler: string;
  readonly runtime: string;
  readonly role: string;
  readonly timeoutSeconds: number;
  readonly memoryMegabytes: number;
  readonly environment: Readonly<Record<string, string>>;
  readonly deadLetterArn: string | null;
  /** Shown by the API alone: there is no network here that it could lead through. */
  readonly vpc: VpcConfig | null;
  readonly codeDirectory: string;
  /** Base64 of the SHA-256 of the deployment package, as Lambda gives it. */
  readonly codeSha256: string;
  /** When code or configuration was last put up, in Lambda's own format: `2026-11-24T10:00:00.000+0000`. */
  readonly lastModified: string;
};

/** A function as the template defines it. */
export type TemplateFunction = {
  /** What `$LATEST` and every published version begin with. */
  readonly definition: FunctionDefinition;
  /** Runs at the same time, at most; null = no limit of its own; 0 = stopped. */
  readonly reservedConcurrency: number | null;
  /** By qualifier; `$LATEST` is the unqualified function. */
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

export const vpcConfigSchema = z.object({
  SubnetIds: z.array(z.string()).default([]),
  SecurityGroupIds: z.array(z.string()).default([]),
});

type VpcConfig = z.infer<typeof vpcConfigSchema>;

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
  VpcConfig: vpcConfigSchema.optional(),
  ReservedConcurrentExecutions: z.number().int().min(0).optional(),
});

/** Code unpacked from a deployment package. */
export type UnpackedCode = Pick<FunctionDefinition, 'codeDirectory' | 'codeSha256'>;

/** Unpacks a deployment package into a folder of its own. Rejects when it is no zip that can be unpacked. */
export type Unpack = (zip: Uint8Array) => Promise<UnpackedCode>;

/** Reads a function out of the template. Throws, naming the property, when it is malformed. */
export async function defineFunction(
  resource: Resource,
  settings: {
    readonly arnPrefix: string;
    readonly resources: readonly Resource[];
    readonly packageDir: string;
    readonly unpack: Unpack;
  },
): Promise<TemplateFunction> {
  const properties = parseProperties(propertiesSchema, resource);
  const zip = await readFile(join(settings.packageDir, basename(properties.Code.S3Key)));
  const definition: FunctionDefinition = {
    name: properties.FunctionName,
    arn: `${settings.arnPrefix}${properties.FunctionName}`,
    version: LATEST,
    handler: properties.Handler,
    runtime: properties.Runtime,
    role: properties.Role,
    timeoutSeconds: properties.Timeout,
    memoryMegabytes: properties.MemorySize,
    environment: properties.Environment?.Variables ?? {},
    deadLetterArn: properties.DeadLetterConfig?.TargetArn ?? null,
    vpc: properties.VpcConfig ?? null,
    ...(await settings.unpack(zip)),
    lastModified: lastModifiedNow(),
  };
  return {
    definition,
    reservedConcurrency: properties.ReservedConcurrentExecutions ?? null,
    qualifiers: qualifiersOf(properties.FunctionName, settings.resources),
  };
}

/** Now, as Lambda writes it. */
export function lastModifiedNow(): string {
  return new Date().toISOString().replace('Z', '+0000');
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
