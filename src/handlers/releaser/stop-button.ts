import type { ReleaserRun } from './run.ts';

/** So often a release looks, milliseconds: one small read of the ledger. Who presses the button wants it to work in seconds. */
const LOOK_EVERY_MS = 5_000;

/** The stop button, in the middle of a release: a run may last a quarter of an hour. */
export class StopButton {
  #nextLookAtMs = 0;
  readonly #run: ReleaserRun;
  readonly #target: string;

  constructor(run: ReleaserRun, target: string) {
    this.#run = run;
    this.#target = target;
  }

  async isPressed(): Promise<boolean> {
    const { ports, nowMs } = this.#run;
    if (nowMs() < this.#nextLookAtMs) return false;
    this.#nextLookAtMs = nowMs() + LOOK_EVERY_MS;
    const { paused } = await ports.ledger.standing([], [this.#target], nowMs());
    return paused.has(this.#target);
  }
}
