import type { FunctionTarget } from '../recovery/policy.ts';

/** A function with its qualifier, null for the unqualified one. */
export type FunctionReference = Pick<FunctionTarget, 'functionName' | 'qualifier'>;

/** The function as the calls of Lambda's API name it. */
export function functionName({ functionName: FunctionName, qualifier }: FunctionReference): {
  FunctionName: string;
  Qualifier?: string;
} {
  return { FunctionName, ...(qualifier === null ? {} : { Qualifier: qualifier }) };
}
