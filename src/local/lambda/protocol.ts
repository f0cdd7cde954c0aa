import * as z from 'zod';

/** What the local Lambda and the process of an execution environment say to each other. */

export type Invocation = {
  readonly requestId: string;
  /** JSON text, as it was sent. */
  readonly payload: string;
  readonly deadlineMs: number;
  readonly functionArn: string;
};

/** How an error goes over the wire, in the words of the Node runtime. */
export const errorSchema = z.object({
  errorType: z.string(),
  errorMessage: z.string(),
  trace: z.array(z.string()).optional(),
});

export type InvocationError = z.infer<typeof errorSchema>;

/** From the environment. */
export const messageSchema = z.discriminatedUnion('kind', [
  z.object({ kind: z.literal('ready') }),
  z.object({ kind: z.literal('init-failed'), error: errorSchema }),
  z.object({ kind: z.literal('success'), response: z.string() }),
  z.object({ kind: z.literal('error'), error: errorSchema }),
  /** The process ends with this error. */
  z.object({ kind: z.literal('crashed'), error: errorSchema }),
]);

export type EnvironmentMessage = z.infer<typeof messageSchema>;
