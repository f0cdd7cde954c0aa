import type { Category } from '../category.ts';

/**
 * One named piece of knowledge. It claims an error when any one of its evidences is found; the tables' order decides
 * between rules. Case and punctuation do not matter, whole words do: `timeout` is not found in `setTimeout`.
 */
export type Rule = {
  /** Unique, kebab-case; recorded with every event that the rule claims. */
  readonly name: string;
  readonly category: Category;
  /** The codes with which the evidences below count, null being an absent code. Left out, any code will do. */
  readonly onlyWithCodes?: readonly (string | null)[];
  /** HTTP statuses as AWS recorded them; each is evidence enough. */
  readonly codes?: readonly string[];
  /** Exception classes: looked for in the type alone, because as words of a message they could mean anything. */
  readonly types?: readonly string[];
  /** Error names and codes that no one writes by chance: looked for in the type and in the message. */
  readonly names?: readonly string[];
  /** Codes of AWS services' errors by the words that they are made of: patterns of `ClassNames`, asked where it is certain that it is one. */
  readonly serviceCodes?: readonly string[];
  /** Exception classes by the words that they are made of: patterns of `ClassNames`, looked for in the type alone. */
  readonly classes?: readonly string[];
  /** Wordings, looked for in the message alone; `*` stands for one word, `**` for none to seven. */
  readonly phrases?: readonly string[];
  /** Messages that say this and nothing else; within a longer text the words could mean anything. */
  readonly wholeMessages?: readonly string[];
};
