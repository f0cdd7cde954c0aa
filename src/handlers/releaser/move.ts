import { isReported, type Filed } from '../../recovery/alerts.ts';
import { formatArchiveId, type ArchiveEntry, type ArchivedAt } from '../../recovery/archive-entry.ts';
import type { Judgement } from '../../recovery/category.ts';
import type { DeadEvent } from '../../recovery/dead-event.ts';
import type { Group } from '../../recovery/group.ts';
import type { ReleaserRun } from './run.ts';

/** Where an event that leaves its group goes, and as what. */
type Move = {
  readonly to: 'archive' | 'group';
  readonly event: DeadEvent;
  readonly judgement: Judgement;
  readonly group: Group;
  readonly reason: string;
};

/**
 * Files a parked event anew: for good, or under another group. The new place is complete before the old one is given up: a crash
 * in between leaves it in both, and the ledger knows of either what the other has done.
 */
export async function move(run: ReleaserRun, entry: ArchiveEntry, to: Move): Promise<{ kind: 'moved' }> {
  const { ports, nowMs } = run;
  const placement = to.to === 'archive' ? 'archived' : 'parked';
  const filed: ArchiveEntry = {
    ...entry,
    category: to.judgement.category,
    rule: to.judgement.rule,
    group: to.group.key,
    reason: to.reason,
    error: to.event.error,
    archivedAt: new Date(nowMs()).toISOString(),
  };
  const [at] = await ports.archive.store(placement, [filed], nowMs());
  if (at === undefined) throw new Error(`the archive has no place for death ${entry.deathId}`);
  if (to.to === 'group') await park(run, to, at);
  if (isReported(to.judgement.rule)) await ports.ledger.note(noteOf(to, at), nowMs());
  return { kind: 'moved' };
}

async function park({ ports, nowMs }: ReleaserRun, { group, event }: Move, at: ArchivedAt): Promise<void> {
  await ports.ledger.closeGroup(group, nowMs());
  await ports.ledger.point({
    group: group.key,
    events: [at],
    parkedAtMs: nowMs(),
    dueAtMs: null,
    newestDeathMs: event.diedAtMs,
  });
  await ports.ledger.register([{ group, dueAtMs: null }], nowMs());
}

function noteOf({ to, group }: Move, at: ArchivedAt): Filed {
  const { target, category, rule, cause } = group;
  return {
    cause: { target, intake: null, category, rule },
    tally: { parked: to === 'group' ? 1 : 0, archived: to === 'archive' ? 1 : 0, held: 0 },
    text: cause,
    samples: [{ deathId: null, archiveId: formatArchiveId(at) }],
  };
}
