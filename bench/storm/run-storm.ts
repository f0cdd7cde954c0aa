import { figuresOf, type OwnFigures } from './figures.ts';
import { mendedBy, type Storm } from './storm.ts';
import { StormWorld } from './storm-world.ts';

/** What may still come after the last event is back: the end of its release, an alert, a copy that is delivered late. */
const AFTERWARDS_MS = 3 * 60_000;

/** Lets a storm pass over the machine, until all events whose cause is mended are back, or its time is over. */
export async function runStorm(storm: Storm): Promise<OwnFigures> {
  const world = new StormWorld(storm);
  const mended = mendedBy(storm, Infinity);
  const lastMendedMs = mended.lastAtMs ?? 0;
  await world.pass(() => {
    if (world.sinceMs < lastMendedMs || world.targets.doneEvents < mended.events) return false;
    // What has run, and is still parked since nobody knows of it, will run again.
    if (mended.events === storm.events && world.ledger.circuits.rows.size > 0) return false;
    return world.nowMs() - world.targets.lastDoneAtMs >= AFTERWARDS_MS;
  });
  return figuresOf(world);
}
