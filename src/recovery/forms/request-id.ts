/** Lambda's request ids are UUIDs; room is left for another format, none for text that is no id at all. */
const REQUEST_ID = /^[\w-]{8,128}$/;

/** The id, null when it is none that Lambda would give: it becomes a key of the ledger. */
export function requestIdOf(text: string | null | undefined): string | null {
  return typeof text === 'string' && REQUEST_ID.test(text) ? text : null;
}
