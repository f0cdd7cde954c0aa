// By its path, since the package exports it to nobody.
import { INVALID_MESSAGE_BODY_CHAR } from '../../node_modules/fauxqs/dist/sqs/sqsTypes.js';

/** What SQS refuses in a message. Source: the SQS API reference, SendMessage. */
const REFUSED = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/u;

/**
 * Lets the SQS stand-in take every character that SQS takes. fauxqs 2.4.1 looks for refused ones without the flag `u`, sees
 * an emoji as two halves that it refuses, and a dead event with one would be lost.
 */
export function takeEveryCharacter(): void {
  INVALID_MESSAGE_BODY_CHAR.test = (text) => REFUSED.test(text);
}
