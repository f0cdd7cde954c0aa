import { readFileSync } from 'node:fs';
import { parse } from 'yaml';
import * as z from 'zod';
import type { CompiledPolicy } from '../../src/recovery/policy.ts';
import { stackFromPolicy } from '../../src/policy/stack-from-policy.ts';

/** What the packaged stack says of its functions and mappings: the storm runs with nothing else. */
export type Packaged = {
  readonly consumer: Limits;
  readonly releaser: Limits;
  readonly reporter: Limits;
  readonly mapping: {
    readonly batchSize: number;
    readonly windowSeconds: number;
    readonly concurrency: number;
  };
};

type Limits = { readonly timeoutMs: number; readonly megabytes: number };

const functionSchema = z
  .looseObject({ timeout: z.number(), memorySize: z.number() })
  .transform(({ timeout, memorySize }): Limits => ({ timeoutMs: timeout * 1000, megabytes: memorySize }));
const stackSchema = z.looseObject({
  functions: z.looseObject({
    consumer: functionSchema,
    releaser: functionSchema,
    reporter: functionSchema,
  }),
  custom: z.looseObject({
    perStage: z.looseObject({ batchWindowSeconds: z.object({ other: z.number() }).loose() }),
  }),
});
const mappingSchema = z.looseObject({
  Properties: z.looseObject({
    BatchSize: z.number(),
    MaximumBatchingWindowInSeconds: z.number(),
    ScalingConfig: z.object({ MaximumConcurrency: z.number() }),
  }),
});

/** Reads serverless.yml, which is in the working directory, and derives the mappings from the policy. */
export function packagedFor(policy: CompiledPolicy): Packaged {
  const { functions, custom } = stackSchema.parse(parse(readFileSync('serverless.yml', 'utf8')));
  const { mappings } = stackFromPolicy(policy, {
    consumer: 'Consumer',
    after: [],
    windowSeconds: custom.perStage.batchWindowSeconds.other,
    alarmTopic: 'Topic',
    alarmNames: 'storm',
  });
  const { Properties } = mappingSchema.parse(Object.values(mappings)[0]);
  const { consumer, releaser, reporter } = functions;
  return {
    consumer,
    releaser,
    reporter,
    mapping: {
      batchSize: Properties.BatchSize,
      windowSeconds: Properties.MaximumBatchingWindowInSeconds,
      concurrency: Properties.ScalingConfig.MaximumConcurrency,
    },
  };
}
