import type { Category } from '../../../src/recovery/category.ts';
import type { ErrorEvidence } from '../../../src/recovery/dead-event.ts';

/** An error as a product documents it, and the judgement an engineer would give. */
export type KnowledgeCase = {
  readonly category: Category;
  readonly rule: string;
  readonly error: ErrorEvidence;
};

/** As a dead-letter queue carries it: the message alone. */
export function said(category: Category, rule: string, message: string): KnowledgeCase {
  return { category, rule, error: { code: '200', type: null, message } };
}

/** As a destination carries it: the class and the message. */
export function thrown(category: Category, rule: string, type: string, message: string): KnowledgeCase {
  return { category, rule, error: { code: '200', type, message } };
}

/** What Lambda itself recorded, under a code of its own or none. */
export function recorded(
  category: Category,
  rule: string,
  code: string | null,
  message: string | null,
): KnowledgeCase {
  return { category, rule, error: { code, type: null, message } };
}
