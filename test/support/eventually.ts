import { setTimeout as delay } from 'node:timers/promises';

const LOOK_EVERY_MS = 20;
/** Far beyond what anything here takes, also on a busy machine. */
const DEADLINE_MS = 45_000;

/** Waits until the condition holds, and rejects with its text when it never does. */
export async function eventually(condition: () => boolean | Promise<boolean>): Promise<void> {
  const deadlineMs = Date.now() + DEADLINE_MS;
  while (!(await condition())) {
    if (Date.now() > deadlineMs) throw new Error(`this never came true: ${condition.toString()}`);
    await delay(LOOK_EVERY_MS);
  }
}
