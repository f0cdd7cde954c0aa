import { isDeclaredIntake } from '../../recovery/intakes.ts';
import type { FunctionConfiguration, FunctionFacts, WayFacts } from './facts.ts';

/** Region of an ARN, empty where it has none, as those of buckets. */
export function regionOf(arn: string): string {
  return arn.split(':')[3] ?? '';
}

/** Service of an ARN, such as `sqs`. */
export function serviceOf(arn: string): string {
  return arn.split(':')[2] ?? '';
}

/** An ARN of a queue in the account and region of another ARN: what a bare name in the policy means there. */
export function placeOf(arn: string): string {
  const [, partition, , region, account] = arn.split(':');
  return `arn:${partition}:sqs:${region}:${account}:any`;
}

/** Those ways that end in an intake of the policy. */
export function declaredWays(
  { policy }: FunctionFacts,
  { arn }: FunctionConfiguration,
  ways: readonly WayFacts[],
): readonly WayFacts[] {
  return ways.filter((way) => isDeclaredIntake(policy, way.arn, placeOf(arn)));
}

/** Name of a queue or topic in its ARN. */
export function queueName(arn: string): string {
  return arn.split(':').at(-1) ?? arn;
}

/** Name of a function in its ARN, or the name itself. */
export function bareName(functionName: string): string {
  return functionName.startsWith('arn:') ? (functionName.split(':')[6] ?? functionName) : functionName;
}
