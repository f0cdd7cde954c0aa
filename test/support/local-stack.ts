import type { LocalAws, LocalAwsOptions } from '../../src/local/local-aws.ts';
import { startLocalAws } from '../../src/local/local-aws.ts';
import { packageDirOf } from './packaged-stages.ts';

const STACK = 'dead-letter-reprocessor-local';

/** The names that the stack of stage local gives its parts. */
export const NAMES = {
  target: `${STACK}-target`,
  misnamed: `${STACK}-misnamed`,
  consumer: `${STACK}-consumer`,
  releaser: `${STACK}-releaser`,
  deadLetterQueue: `${STACK}-target-dlq`,
  orders: `${STACK}-orders`,
  failureQueue: `${STACK}-intake-failures`,
  archiveBucket: `${STACK}-archive`,
  ledgerTable: `${STACK}-ledger`,
} as const;

/** Brings up the packaged stack of stage local. Lambda's own waits are a thousand times shorter. */
export function startLocalStack(options: Partial<LocalAwsOptions> = {}): Promise<LocalAws> {
  return startLocalAws({ packageDir: packageDirOf('local'), lambdaSpeed: 1000, ...options });
}

/** Points the SDK's default settings at a local AWS; gives the way back. */
export function pointSdkAt(aws: LocalAws): () => void {
  const before = Object.keys(aws.environment).map((name) => [name, process.env[name]] as const);
  Object.assign(process.env, aws.environment);
  return () => {
    for (const [name, value] of before) {
      if (value === undefined) delete process.env[name];
      else process.env[name] = value;
    }
  };
}
