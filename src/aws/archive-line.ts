import * as z from 'zod/mini';
import type { ArchiveEntry } from '../recovery/archive-entry.ts';
import { FORMS } from '../recovery/dead-event.ts';
import { CATEGORIES } from '../recovery/category.ts';
import { errorEvidenceRow } from './error-evidence-row.ts';

const text = z.nullable(z.string());
const entrySchema = z.object({
  v: z.literal(1),
  deathId: z.string(),
  origin: text,
  form: z.enum([...FORMS, 'unreadable']),
  intake: text,
  target: text,
  category: z.enum(CATEGORIES),
  rule: z.string(),
  group: text,
  reason: z.string(),
  instead: z._default(z.nullable(z.enum(['reinvoke', 'wait'])), null),
  error: errorEvidenceRow,
  reinvocations: z.nullable(z.number()),
  payloadSha256: text,
  credentials: z._default(
    z.nullable(z.enum(['codepipeline-job', 'cloudformation-custom-resource', 'api-request'])),
    null,
  ),
  elsewhere: z._default(z.nullable(z.object({ place: z.record(z.string(), z.string()), until: text })), null),
  diedAt: text,
  archivedAt: z.string(),
  fetched: z._default(text, null),
  record: z.unknown(),
});

/** Reads one line of an archive object. Throws when it is none, or one that only a later version writes. */
export function readLine(line: string): ArchiveEntry {
  const parsed: unknown = JSON.parse(line);
  return entrySchema.parse(parsed);
}
