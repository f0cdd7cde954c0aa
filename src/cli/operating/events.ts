import {
  formatArchiveId,
  type ArchiveEntry,
  type ArchivedAt,
  type Placement,
} from '../../recovery/archive-entry.ts';
import type { Category } from '../../recovery/category.ts';
import { factsOf, errorFacts, type Facts } from '../../recovery/facts.ts';
import { fingerprint } from '../../recovery/fingerprint.ts';
import { isoMs } from '../../recovery/letter.ts';
import { matches } from '../../recovery/pattern/match.ts';
import type { Pattern } from '../../recovery/pattern/pattern.ts';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import { revive } from '../../recovery/release/revive.ts';

/** An event of the archive, and where it lies. */
export type FiledEvent = { readonly at: ArchivedAt; readonly entry: ArchiveEntry };

/** One of them as people and programs are told of it: no payload, the error masked. The keys are an interface. */
export type EventView = Pick<
  ArchiveEntry,
  | 'deathId'
  | 'form'
  | 'intake'
  | 'target'
  | 'category'
  | 'rule'
  | 'group'
  | 'reason'
  | 'instead'
  | 'reinvocations'
  | 'payloadSha256'
  | 'credentials'
  | 'diedAt'
  | 'archivedAt'
> & {
  /** Its archive id. */
  readonly id: string;
  readonly placement: Placement | null;
  /** The masked error text. */
  readonly cause: string;
};

export function eventView({ at, entry }: FiledEvent): EventView {
  const { deathId, form, intake, target, category, rule, group, reason, instead } = entry;
  const { reinvocations, payloadSha256, credentials, diedAt, archivedAt } = entry;
  return {
    id: formatArchiveId(at),
    deathId,
    placement: placementOf(at),
    form,
    intake,
    target,
    category,
    rule,
    group,
    reason,
    instead,
    cause: fingerprint(entry.error).text,
    reinvocations,
    payloadSha256,
    credentials,
    diedAt,
    archivedAt,
  };
}

export const PLACEMENTS: readonly Placement[] = ['accepted', 'archived', 'parked'];

/** Where the object of an event lies; null for a key that is none of ours. */
export function placementOf({ key }: ArchivedAt): Placement | null {
  return PLACEMENTS.find((placement) => key.startsWith(`${placement}/`)) ?? null;
}

/** Which events; null where any will do. Times are epoch milliseconds of filing, `untilMs` excluded. */
export type EventFilter = {
  readonly sinceMs: number | null;
  readonly untilMs: number | null;
  readonly intake: string | null;
  readonly target: string | null;
  readonly category: Category | null;
  readonly where: Pattern | null;
};

/** Whether the filter wants the event. The pattern sees the facts that a rule saw when the event was filed. */
export function isWanted(entry: ArchiveEntry, wanted: EventFilter, policy: CompiledPolicy): boolean {
  const filedMs = isoMs(entry.archivedAt) ?? 0;
  return (
    (wanted.sinceMs === null || filedMs >= wanted.sinceMs) &&
    (wanted.untilMs === null || filedMs < wanted.untilMs) &&
    (wanted.intake === null || wanted.intake === entry.intake) &&
    (wanted.target === null || wanted.target === entry.target) &&
    (wanted.category === null || wanted.category === entry.category) &&
    (wanted.where === null || matches(wanted.where, factsAt(entry, wanted.where, policy)))
  );
}

/** The facts of an event as they were when it was filed. Its target and intake are those of that time, declared today or not. */
function factsAt(entry: ArchiveEntry, where: Pattern, policy: CompiledPolicy): Facts {
  const { target, intake, form, error, reinvocations } = entry;
  const attempt = (reinvocations ?? 0) + 1;
  const revived = revive(entry, policy);
  if (revived === null) return { form, target, intake, error: errorFacts(error), attempt };
  // Facts that cost are only made for a policy whose rules name them: the pattern stands for its rules.
  const asking = {
    ...policy,
    rules: [{ name: '', when: where, category: null, action: null, isManual: false }],
  };
  const moment = { nowMs: revived.parkedAtMs, attempt };
  const facts = factsOf(revived.event, asking, moment);
  return { ...facts, form, ...(target === null ? {} : { target }), ...(intake === null ? {} : { intake }) };
}
