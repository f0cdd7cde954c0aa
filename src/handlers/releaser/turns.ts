import { isoMs } from '../../recovery/letter.ts';
import type { Circuit } from '../../recovery/release/circuit.ts';
import { bringBack, isFinished, type Brought } from './bring-back.ts';
import type { ParkedEvent } from './parked-events.ts';
import type { ReleaserRun } from './run.ts';

/** The events in groups of one order key each, in their order. Where order does not count each is by itself. */
export function inTurns(events: readonly ParkedEvent[]): readonly (readonly ParkedEvent[])[] {
  const alone = events.filter(({ orderKey }) => orderKey === null).map((event) => [event]);
  const keyed = events.filter(({ orderKey }) => orderKey !== null);
  return [...alone, ...Map.groupBy(keyed, ({ orderKey }) => orderKey).values()];
}

/** The order of events in one release: what comes after one of its key that stays is left where it is. */
export class Turns {
  readonly #stays = new Set<string>();

  async bringBack(run: ReleaserRun, circuit: Circuit, event: ParkedEvent): Promise<Brought> {
    const { orderKey, entry } = event;
    if (orderKey !== null && this.#stays.has(orderKey)) return { kind: 'held' };
    const brought = await bringBack(run, circuit, entry, orderKey !== null);
    if (orderKey === null) return brought;
    if (!isFinished(brought)) this.#stays.add(orderKey);
    else await letPass(run, orderKey, event);
    return brought;
  }
}

/** Lets later events of the key pass by the intake again, if this was the last that was held back. */
async function letPass(run: ReleaserRun, orderKey: string, { entry }: ParkedEvent): Promise<void> {
  try {
    await run.ports.ledger.unhold(orderKey, isoMs(entry.archivedAt) ?? 0);
  } catch (error) {
    // They then go on by way of the archive: later, but in their order.
    run.onFailure('let pass', entry.deathId, error);
  }
}
