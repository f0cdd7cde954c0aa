import * as z from 'zod';
import type { Resource } from './read-template.ts';

/** The properties of a resource in their expected shape. Throws, naming the resource, where they have another. */
export function parseProperties<T>(schema: z.ZodType<T>, { logicalId, type, properties }: Resource): T {
  const parsed = schema.safeParse(properties);
  if (parsed.success) return parsed.data;
  throw new Error(
    `${logicalId} is no ${type} that the local AWS can bring up:\n${z.prettifyError(parsed.error)}`,
  );
}
