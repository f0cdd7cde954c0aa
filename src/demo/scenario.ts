import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import * as z from 'zod';

/** The events of the demonstration and what must become of each: a table beside the events, not in the program. */

const OUTCOMES = ['succeeded', 'recovered', 'repeated', 'parked', 'archived', 'waiting', 'lost'] as const;

/**
 * `succeeded` never died; `recovered` died and succeeded later, once; `repeated` succeeded more than once; `lost` is
 * nowhere any more.
 */
export type EventOutcome = (typeof OUTCOMES)[number];

const scenarioSchema = z.array(
  z.strictObject({
    event: z.string(),
    file: z.string(),
    /**
     * `invoke`: asynchronously. The others go straight to the target's dead-letter queue: the same dead letter twice, a
     * destination record around the payload, a message that is neither.
     */
    send: z.enum(['invoke', 'dead-letter-twice', 'destination-record', 'message']),
    /** The function that is invoked, or that the record names; without the stack's name before it. */
    function: z.string().default('target'),
    expected: z.strictObject({
      form: z.nullable(z.string()),
      category: z.nullable(z.string()),
      rule: z.nullable(z.string()),
      action: z.nullable(z.string()),
      outcome: z.enum(OUTCOMES),
    }),
  }),
);

export type Scene = z.infer<typeof scenarioSchema>[number] & { readonly payload: string };

/** Reads `expected.json` and the events that it names. Rejects, naming the field, when the table is malformed. */
export async function readScenario(directory: string): Promise<readonly Scene[]> {
  const table: unknown = JSON.parse(await readFile(join(directory, 'expected.json'), 'utf8'));
  return Promise.all(
    scenarioSchema.parse(table).map(async (row) => ({
      ...row,
      payload: (await readFile(join(directory, row.file), 'utf8')).trimEnd(),
    })),
  );
}
