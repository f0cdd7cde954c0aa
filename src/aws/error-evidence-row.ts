import * as z from 'zod/mini';

const text = z.nullable(z.string());

/** The evidence of an error as the ledger and the archive keep it: see `ErrorEvidence`. */
export const errorEvidenceRow = z.object({
  code: text,
  type: text,
  message: text,
  condition: z.exactOptional(z.string()),
  causes: z.exactOptional(
    z.array(z.object({ from: z.enum(['message', 'cause', 'stack']), type: text, message: text })),
  ),
  frame: z.exactOptional(z.string()),
});
