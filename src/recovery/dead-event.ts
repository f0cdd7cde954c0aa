/** A dead event as the core sees it, whatever form it arrived in. */

/** The shape in which a dead event arrived. A new form is one file in `forms/` and one line in `forms/read-letter.ts`. */
export type Form = 'lambda-dlq' | 'lambda-destination' | 'foreign';

/**
 * What is known of the error, as strings or null where the form does not carry it.
 * `code`: an HTTP status as AWS recorded it ("200" function error, "429" throttled, "404" deleted).
 * `type`: the exception's class name. `message`: the error text, cut by Lambda to 1,024 bytes.
 */
export type ErrorEvidence = {
  readonly code: string | null;
  readonly type: string | null;
  readonly message: string | null;
};

/** The bytes that a re-invocation sends, or why the message does not hold any. `sha256` is lower-case hex of the UTF-8 bytes. */
export type Payload =
  | { readonly kind: 'present'; readonly text: string; readonly sizeBytes: number; readonly sha256: string }
  | { readonly kind: 'absent'; readonly reason: PayloadAbsence };

/** Why a record holds no payload that its target could take, or should. */
export type PayloadAbsence = 'foreign-record' | 'payload-not-json' | 'payload-missing' | 'not-a-failure';

export type DeadEvent = {
  /** Identifies this death: the request id, else the message id. */
  readonly deathId: string;
  readonly form: Form;
  /** The policy's key of the intake, null when the record came from a queue the policy does not declare. */
  readonly intake: string | null;
  /** ARN of the queue or topic that the record came from, null when the record does not say. */
  readonly sourceArn: string | null;
  /** False where the intake names who may send to it, and the record comes from somebody else. */
  readonly senderIsDeclared: boolean;
  /** The policy's key of the target, null when none is declared for it. */
  readonly target: string | null;
  readonly error: ErrorEvidence;
  readonly payload: Payload;
  /** When the event died, in epoch milliseconds: the send time of a dead-letter message, never the time we read it. */
  readonly diedAtMs: number;
};
