import pMap from 'p-map';
import { isInTurn } from '../../recovery/intakes.ts';
import type { TargetPolicy } from '../../recovery/policy.ts';
import type { CircuitChange } from '../../recovery/ports.ts';
import {
  begin,
  climb,
  ease,
  exceeds,
  forgive,
  NO_RESULTS,
  quotaOf,
  rampAt,
  SYNC_STEP_MS,
  tally,
  type Ramp,
  type Tally,
} from '../../recovery/release/ramp.ts';
import { isFinished, watchedMs, type Brought } from './bring-back.ts';
import { expectDeaths } from './expect-deaths.ts';
import { ParkedEvents, type ParkedEvent } from './parked-events.ts';
import { leaseOf, type HeldCircuit, type ReleaserRun } from './run.ts';
import { StopButton } from './stop-button.ts';
import { Turns } from './turns.ts';

/** What a release has come to so far, in this run. */
export type Progress = {
  readonly ramp: Ramp;
  /** Results of calls, which are known at once. */
  readonly recent: Tally;
  readonly brought: number;
  readonly died: number;
  /** What is still where it was: it is not tried twice in one release. `held`: of these, what could not even be tried. */
  readonly remained: number;
  readonly held: number;
  /** How long a rate is held before it is doubled. */
  readonly stepMs: number;
};

export type Ending = 'all-tried' | 'share-exceeded' | 'out-of-time';

/** A second: what begins together begins at its beginning. */
const TICK_MS = 1000;

/**
 * Brings the events of a group back, in the order of their parking. Each second's share begins at its second, though some of the last
 * one's may still be under way: a few slow calls do not hold up the rest.
 */
export async function bringAllBack(
  run: ReleaserRun,
  held: HeldCircuit,
  target: TargetPolicy,
): Promise<{ readonly ending: Ending; readonly progress: Progress }> {
  const release = new Release(run, held, target);
  const turns = new Turns();
  const all = pMap(
    release.due(),
    async (event) => release.isBack(event, await turns.bringBack(run, held.circuit, event)),
    { concurrency: target.release.concurrency },
  );
  await held.during(all, () => release.renew());
  return release.end();
}

type Result = { readonly event: ParkedEvent; readonly brought: Brought };

/** Hands out what is to begin, second by second, and takes stock before each of what has come back. */
class Release {
  #progress: Progress;
  #ending: Ending = 'out-of-time';
  #failure: { readonly error: unknown } | null = null;
  /** What has come back since stock was taken. */
  #back: Result[] = [];
  readonly #run: ReleaserRun;
  readonly #held: HeldCircuit;
  readonly #target: TargetPolicy;
  readonly #events: ParkedEvents;
  readonly #stopButton: StopButton;

  constructor(run: ReleaserRun, held: HeldCircuit, target: TargetPolicy) {
    const { trial, group } = held.circuit;
    this.#run = run;
    this.#held = held;
    this.#target = target;
    this.#stopButton = new StopButton(run, target.key);
    this.#events = new ParkedEvents(run, group.key, {
      onlyDue: trial?.opener === 'due',
      isInTurn: isInTurn(run.policy, target),
    });
    this.#progress = {
      ramp: rampAt(trial?.ratePerSecond ?? 1, run.nowMs()),
      recent: NO_RESULTS,
      brought: 0,
      died: 0,
      remained: 0,
      held: 0,
      stepMs: SYNC_STEP_MS,
    };
  }

  /** Never throws: what is under way must come back before the group is given up, or another run would try it meanwhile. */
  async *due(): AsyncGenerator<ParkedEvent> {
    try {
      while (!this.#mustLeaveOff && !(await this.#stopButton.isPressed())) {
        const ending = await this.#takeStock();
        const share = ending === null ? await this.#share() : [];
        if (ending !== null || share === 'all-tried') {
          this.#ending = ending ?? 'all-tried';
          return;
        }
        for (const event of share) {
          if (this.#mustLeaveOff) return;
          yield event;
        }
        await this.#nextTick();
      }
    } catch (error) {
      this.#failure = { error };
    }
  }

  get #mustLeaveOff(): boolean {
    return this.#held.isLost || this.#run.nowMs() >= this.#run.stopAtMs;
  }

  isBack(event: ParkedEvent, brought: Brought): void {
    this.#back.push({ event, brought });
  }

  /** What it has come to, when nothing is under way any more. Throws what has kept it from going on. */
  async end(): Promise<{ readonly ending: Ending; readonly progress: Progress }> {
    if (this.#failure !== null) throw this.#failure.error;
    const last = this.#held.isLost ? null : await this.#takeStock();
    const ending = this.#ending === 'share-exceeded' ? this.#ending : (last ?? this.#ending);
    return { ending, progress: this.#progress };
  }

  /** Renews the leases, and writes down the rate for the run that goes on, with whatever else has changed. */
  async renew(change: CircuitChange = {}): Promise<void> {
    const { ports, nowMs } = this.#run;
    await this.#held.save({ ...change, ratePerSecond: this.#progress.ramp.ratePerSecond });
    await ports.circuits.takeTarget(this.#target.key, leaseOf(this.#run), nowMs());
  }

  async #share(): Promise<readonly ParkedEvent[] | 'all-tried'> {
    const nowMs = this.#run.nowMs();
    // Doubles a rate that has held: for a second where results are known at once, else for as long as a death takes to come back.
    const { ramp, stepMs } = this.#progress;
    const climbed = climb(forgive(ramp, nowMs), stepMs, this.#target.release.ratePerSecond, nowMs);
    const quota = quotaOf(climbed, nowMs);
    const share = await this.#events.next(quota);
    this.#progress = { ...this.#progress, ramp: begin(climbed, share.length) };
    return share.length === 0 && quota > 0 ? 'all-tried' : share;
  }

  async #takeStock(): Promise<Ending | null> {
    const back = this.#back;
    this.#back = [];
    const results = back.map(({ brought }) => brought);
    await this.#events.finish(back.flatMap(({ event, brought }) => (isFinished(brought) ? [event] : [])));
    this.#progress = after(this.#run, this.#progress, results);
    await this.#countAccepted(results);
    if (this.#haveTooManyDied()) return 'share-exceeded';
    return results.length > 0 && results.every(({ kind }) => kind === 'busy') ? 'out-of-time' : null;
  }

  /** Writes down what was accepted: the intake counts the deaths of it. */
  async #countAccepted(results: readonly Brought[]): Promise<void> {
    const accepted = results.filter(({ kind }) => kind === 'accepted').length;
    if (accepted === 0) return;
    await expectDeaths(this.#run, this.#target.key, results);
    await this.renew({ accepted: (this.#held.circuit.trial?.accepted ?? 0) + accepted });
  }

  /** Of what is called the result is known at once; of what is accepted the deaths come back and are counted by the intake. */
  #haveTooManyDied(): boolean {
    const { accepted, diedSame } = this.#held.circuit.trial ?? { accepted: 0, diedSame: 0 };
    const { stopAtShare } = this.#target.release;
    return (
      exceeds(this.#progress.recent, stopAtShare) ||
      exceeds({ results: accepted, died: diedSame }, stopAtShare)
    );
  }

  /** Waits for the next second, unless that has begun: what took a little too long must not cost a whole second. */
  async #nextTick(): Promise<void> {
    const { nowMs, sleep } = this.#run;
    const { ramp } = this.#progress;
    if (quotaOf(ramp, nowMs()) > 0) return;
    await sleep(TICK_MS - ((nowMs() - ramp.sinceMs) % TICK_MS));
  }
}

function after({ nowMs }: ReleaserRun, before: Progress, results: readonly Brought[]): Progress {
  const count = (kind: Brought['kind']): number => results.filter((one) => one.kind === kind).length;
  const died = count('died') + count('uncertain') + count('rejected');
  return {
    ramp: count('busy') > 0 ? ease(before.ramp, nowMs()) : before.ramp,
    recent: tally(before.recent, count('succeeded') + died, died),
    brought: before.brought + results.filter(isFinished).length,
    died: before.died + died,
    remained: before.remained + results.filter((one) => !isFinished(one)).length,
    held: before.held + count('held') + count('busy') + count('rejected'),
    stepMs: Math.max(before.stepMs, ...watchedMs(results)),
  };
}
