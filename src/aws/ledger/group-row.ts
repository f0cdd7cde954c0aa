import * as z from 'zod/mini';
import { CATEGORIES } from '../../recovery/category.ts';

/** What a row that tells of a group knows of it, but for its key. */
export const groupFields = {
  target: z.nullable(z.string()),
  category: z.enum(CATEGORIES),
  rule: z.string(),
  cause: z.string(),
  isManual: z.boolean(),
};
