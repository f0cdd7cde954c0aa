import { isoMs } from '../../recovery/letter.ts';
import type { Circuit } from '../../recovery/release/circuit.ts';
import { bringBack, isFinished, type Brought } from './bring-back.ts';
import type { ParkedEvent } from './parked-events.ts';
import type { ReleaserRun } from './run.ts';

/** The order of events in one release: those of a key one after the other, and what comes after one that stays is left where it is. */
export class Turns {
  /** Of each key, what becomes of the one that was begun last. */
  readonly #last = new Map<string, Promise<Brought>>();

  bringBack(run: ReleaserRun, circuit: Circuit, event: ParkedEvent): Promise<Brought> {
    const { orderKey, entry } = event;
    if (orderKey === null) return bringBack(run, circuit, entry, false);
    const brought = bringBackAfter(this.#last.get(orderKey), run, circuit, { ...event, orderKey });
    this.#last.set(orderKey, brought);
    return brought;
  }
}

async function bringBackAfter(
  before: Promise<Brought> | undefined,
  run: ReleaserRun,
  circuit: Circuit,
  event: ParkedEvent & { readonly orderKey: string },
): Promise<Brought> {
  if (before !== undefined && !isFinished(await before)) return { kind: 'held' };
  const brought = await bringBack(run, circuit, event.entry, true);
  if (isFinished(brought)) await letPass(run, event.orderKey, event);
  return brought;
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
