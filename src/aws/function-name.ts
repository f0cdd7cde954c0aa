import type { FunctionTarget } from '../recovery/policy.ts';

/** The function as the calls of Lambda's API name it. */
export function functionName({ functionName: FunctionName, qualifier }: FunctionTarget): {
  FunctionName: string;
  Qualifier?: string;
} {
  return { FunctionName, ...(qualifier === null ? {} : { Qualifier: qualifier }) };
}
