import * as z from 'zod';

/** What the consumer said of a record: the fields of its log line that are shown. The logger leaves out what is null. */
const lineSchema = z.object({
  message: z.literal('dead event'),
  messageId: z.optional(z.string()),
  origin: z.optional(z.string()),
  form: z.string(),
  category: z.optional(z.string()),
  rule: z.string(),
  action: z.optional(z.string()),
  outcome: z.string(),
});

export type Judged = z.infer<typeof lineSchema>;

/** Reads a log line; null when it is not the consumer's line of a record. */
export function readJudged(line: string): Judged | null {
  const parsed = lineSchema.safeParse(parseJson(line));
  return parsed.success ? parsed.data : null;
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // a line that is not JSON is somebody else's
  }
}
