import type { Category } from './category.ts';
import type { Credentials, ErrorEvidence, Form } from './dead-event.ts';

/**
 * Where an archived event is kept. `parked/` waits for its group's release and never expires; `archived/` is kept for
 * good; `accepted/` holds what was handed over asynchronously, until its death window has passed.
 */
export type Placement = 'parked' | 'archived' | 'accepted';

/** One line of an archive object. `v` changes when a reader of the old shape would go wrong. */
export type ArchiveEntry = {
  readonly v: 1;
  readonly deathId: string;
  /** The first death that we saw of this event; null when nobody had to ask the ledger. */
  readonly origin: string | null;
  readonly form: Form | 'unreadable';
  readonly intake: string | null;
  readonly target: string | null;
  readonly category: Category;
  readonly rule: string;
  /** Key of the event's group, null where it belongs to none. */
  readonly group: string | null;
  readonly reason: string;
  /** What would have been done, had the target not been paused or only observed; else null. */
  readonly instead: 'reinvoke' | 'wait' | null;
  readonly error: ErrorEvidence;
  /**
   * Re-invocations made so far: the count travels with the event, for the ledger's rows may expire before it. Null when
   * nobody had to ask the ledger: then a release has to.
   */
  readonly reinvocations: number | null;
  readonly payloadSha256: string | null;
  /** What secrets the payload carries, null where it shows none: a person decides, and shows it to nobody. */
  readonly credentials: Credentials | null;
  /** Where the event itself still is, and until when at least (ISO 8601); null when it is in the record, or nowhere. */
  readonly elsewhere: {
    readonly place: Readonly<Record<string, string>>;
    readonly until: string | null;
  } | null;
  /** ISO 8601, UTC. */
  readonly diedAt: string | null;
  readonly archivedAt: string;
  /** What was fetched for it from elsewhere, as text; null when nothing was. It may be gone there by now. */
  readonly fetched: string | null;
  /** The whole record as it arrived, but for its receipt handle, which is worthless later. */
  readonly record: unknown;
};

/**
 * The place of one archived event: the object, the byte range of the gzip member that holds it, and its line in there.
 * A range read of `lengthBytes` from `offsetBytes` is a complete gzip stream.
 */
export type ArchivedAt = {
  readonly key: string;
  readonly offsetBytes: number;
  readonly lengthBytes: number;
  readonly line: number;
};

/** The id under which people and programs name an archived event: `KEY@OFFSET+LENGTH.LINE`. */
export function formatArchiveId(at: ArchivedAt): string {
  return `${at.key}@${at.offsetBytes}+${at.lengthBytes}.${at.line}`;
}

/** Reads an archive id; null when the text is not one. */
export function parseArchiveId(text: string): ArchivedAt | null {
  const match = /^(.+)@(\d{1,15})\+(\d{1,15})\.(\d{1,9})$/.exec(text);
  if (match?.[1] === undefined) return null;
  return {
    key: match[1],
    offsetBytes: Number(match[2]),
    lengthBytes: Number(match[3]),
    line: Number(match[4]),
  };
}
