/** What asks a map for a key that is not there quotes the key: Python alone, Ruby and .NET with words around it. */
const MISSING_KEY =
  /^(?:key not found: |Value cannot be null\. \(Parameter )?(['"])([A-Z][A-Z0-9_]{0,100})\1\)?$/;

/** A setting that a sentence says to be missing: `DB_HOST is required`, `"DB_HOST" must be set`, `Missing DB_HOST`. */
const SAID_MISSING =
  /\b([A-Z][A-Z0-9_]{0,100})["'`]? (?:(?:is|was|are|must be|has to be|needs to be|should be) )?(?:not (?:set|defined|configured|provided|specified|found|present)|required|missing|undefined|unset|set|defined|configured|provided|empty)\b/;

const MISSING_SAID =
  /\b(?:[Mm]issing (?:required )?|(?:[Mm]ust|[Pp]lease|[Nn]eed to|[Hh]ave to) (?:set|define|configure|provide|specify|export) )["'`]?([A-Z][A-Z0-9_]{0,100})\b/;

/**
 * The name of a setting that the message says not to be there, as `os.environ['DB_HOST']` and `ENV.fetch('DB_HOST')` raise
 * it and as handlers write it; null where it names none. Settings are capitals in several parts, as hardly any member of a
 * payload is. Linear in the text.
 */
export function missingSetting(message: string): string | null {
  if (!message.includes('_')) return null;
  const name =
    MISSING_KEY.exec(message)?.[2] ?? (SAID_MISSING.exec(message) ?? MISSING_SAID.exec(message))?.[1];
  return name !== undefined && /[A-Z0-9]_[A-Z0-9]/.test(name) ? name : null;
}
