import type { DeadEvent } from './dead-event.ts';

/** Rules of the built-in knowledge that claim only what has died before a line of the function's own code ran. */
const BEFORE_THE_CODE = new Set([
  'lambda-throttled-until-too-old',
  'lambda-function-stopped',
  'lambda-function-gone',
  'lambda-handler-not-found',
  'lambda-module-not-loaded',
  'lambda-entry-point-unusable',
  'lambda-package-unusable',
  'lambda-role-unusable',
  'lambda-key-unusable',
  'lambda-network-unusable',
]);

/** Whether the event has provably not begun to run at its target: it was never delivered, or died before the code was reached. */
export function hasNeverStarted({ form }: DeadEvent, rule: string): boolean {
  return form === 'eventbridge-rule' || form === 'scheduler' || BEFORE_THE_CODE.has(rule);
}
