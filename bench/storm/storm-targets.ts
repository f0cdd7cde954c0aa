import type { ErrorEvidence } from '../../src/recovery/dead-event.ts';
import type { TargetLook } from '../../src/recovery/release/target-look.ts';
import type { Surrounded } from './environment.ts';
import { RETRY_WAITS_MS, TARGET_FAILURE_MS, TARGET_RUN } from './latencies.ts';
import { causeOf, isUntouched, numberOf, type Storm } from './storm.ts';

/** What the stack's demonstration has: the smallest. */
const TARGET_MEGABYTES = 128;

export type Run = { readonly kind: 'done' } | { readonly kind: 'failed'; readonly error: ErrorEvidence };

/** An event that Lambda has accepted, and given up after all of its attempts. */
export type Death = { readonly n: number; readonly requestId: string; readonly atMs: number };

/** The targets of a storm: they fail until their cause is mended, and count what they do. */
export class StormTargets {
  /** How often each event has run to its end. */
  readonly done: Uint8Array;
  /** Runs that failed, all of which are of a target that is down. */
  failed = 0;
  /** Payloads that were not, byte for byte, what had died. */
  altered = 0;
  lastDoneAtMs = 0;
  doneEvents = 0;
  /** Runs that began in each second. */
  readonly #perSecond = new Map<number, number>();
  readonly #storm: Storm;
  readonly #around: Surrounded;
  readonly #startedMs: number;

  constructor(storm: Storm, around: Surrounded) {
    this.#storm = storm;
    this.#around = around;
    this.#startedMs = around.clock.nowMs;
    this.done = new Uint8Array(storm.events);
  }

  get mostPerSecond(): number {
    return [...this.#perSecond.values()].reduce((most, count) => Math.max(most, count), 0);
  }

  get ranTwice(): number {
    return this.done.reduce((sum, count) => sum + Number(count > 1), 0);
  }

  /** One run, with the time that it takes. */
  async run(payload: string): Promise<Run> {
    const { clock, dice } = this.#around;
    const n = this.#begin(payload);
    const error = this.#errorOf(n);
    if (error !== null) {
      await clock.sleep(TARGET_FAILURE_MS);
      this.#fail();
      return { kind: 'failed', error };
    }
    await clock.sleep(dice.latencyMs(TARGET_RUN));
    this.#succeed(n);
    return { kind: 'done' };
  }

  /** All attempts of an accepted event; its death, when none succeeds. */
  async runAccepted(payload: string, requestId: string): Promise<Death | null> {
    for (const waitMs of [0, ...RETRY_WAITS_MS]) {
      await this.#around.clock.sleep(waitMs);
      if ((await this.run(payload)).kind === 'done') return null;
    }
    return { n: numberOf(payload), requestId, atMs: Math.floor(this.#around.clock.nowMs) };
  }

  look(target: string): TargetLook {
    const deployed = this.#storm.deployments.filter(
      (one) => one.target === target && one.atMs <= this.#sinceMs,
    );
    const last = deployed.at(-1);
    return {
      kind: 'seen',
      traits: { code: deployed.length },
      changedAtMs: last === undefined ? 0 : this.#startedMs + last.atMs,
      held: null,
    };
  }

  /** The error's text of that event's death. */
  messageOf(n: number): string {
    return causeOf(this.#storm, n).messageOf(n);
  }

  get #sinceMs(): number {
    return this.#around.clock.nowMs - this.#startedMs;
  }

  #begin(payload: string): number {
    if (!isUntouched(payload)) this.altered++;
    const second = Math.floor(this.#sinceMs / 1000);
    this.#perSecond.set(second, (this.#perSecond.get(second) ?? 0) + 1);
    return numberOf(payload);
  }

  #errorOf(n: number): ErrorEvidence | null {
    const { mendedAtMs } = causeOf(this.#storm, n);
    if (mendedAtMs !== null && this.#sinceMs >= mendedAtMs) return null;
    return { code: null, type: 'Error', message: this.messageOf(n) };
  }

  #fail(): void {
    this.failed++;
    this.#around.tally.countRuns(1, TARGET_MEGABYTES, TARGET_FAILURE_MS);
  }

  #succeed(n: number): void {
    const before = this.done[n] ?? 0;
    if (before === 0) this.doneEvents++;
    this.done[n] = before + 1;
    this.lastDoneAtMs = Math.floor(this.#around.clock.nowMs);
  }
}
