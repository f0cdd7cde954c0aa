/** A dead event as the core sees it, whatever form it arrived in. */

/** The shapes in which dead events arrive. A new form is one file in `forms/` and one line in `forms/read-letter.ts`. */
export const FORMS = [
  'lambda-dlq',
  'lambda-destination',
  'stream-batch',
  'sqs-redrive',
  'sns-subscription',
  'eventbridge-rule',
  'eventbridge-bus',
  'scheduler',
  'pipe',
  'iot-rule',
  'foreign',
] as const;

export type Form = (typeof FORMS)[number];

/**
 * What is known of the error, as strings or null where the form does not carry it.
 * `code`: a status or code as AWS recorded it ("200" function error, "429" throttled, "404" deleted; EventBridge's words).
 * `type`: the exception's class name, else the record's condition. `message`: the error text, cut by AWS to about 1,024 bytes.
 */
export type ErrorEvidence = {
  readonly code: string | null;
  readonly type: string | null;
  readonly message: string | null;
  /** Why Lambda gave the event up, as a destination record says. This and what follows is left out where there is none. */
  readonly condition?: string;
  /** The errors that the record shows behind this one, the innermost last: at most eight, of 1,024 characters each. */
  readonly causes?: readonly Cause[];
  /** Where the application's own code was: file and function, at most 1,024 characters. */
  readonly frame?: string;
};

/** An error behind another. */
export type Cause = {
  /** Which part of the record shows it. */
  readonly from: 'message' | 'cause' | 'stack';
  readonly type: string | null;
  readonly message: string | null;
};

/** The bytes that a re-invocation sends, or why the message does not hold any. */
export type Payload = PresentPayload | AbsentPayload;

export type PresentPayload = {
  readonly kind: 'present';
  readonly text: string;
  /** Of the UTF-8 bytes. */
  readonly sizeBytes: number;
  /** The service that made the event, as its shape shows: `s3`, `eventbridge`, `custom` and so on. */
  readonly source: string;
  /** When the event itself says that it happened, in epoch milliseconds; null where it does not. */
  readonly bornAtMs: number | null;
  /** What secrets it carries, null where it shows none. Such an event is never handed over by machine. */
  readonly credentials: Credentials | null;
};

export type AbsentPayload = {
  readonly kind: 'absent';
  readonly reason: PayloadAbsence;
  /** Where the event still is, null when nobody knows. */
  readonly elsewhere: Elsewhere | null;
};

/** Temporary keys, a presigned address that a stack waits for, a caller's authorisation. */
export type Credentials = 'codepipeline-job' | 'cloudformation-custom-resource' | 'api-request';

/** Why a record holds no payload that its target could take, or should. */
export type PayloadAbsence =
  | 'foreign-record'
  | 'payload-not-json'
  | 'payload-missing'
  | 'not-a-failure'
  | 's3-test-event'
  /** Cut by AWS: never handed over. */
  | 'payload-truncated'
  /** The record only says where the event was. */
  | 'not-in-this-message'
  /** What the target would have been given is not what the record holds, and cannot be made from it. */
  | 'not-what-the-target-got';

/** What is needed to fetch an event that the message does not hold. */
export type Elsewhere = {
  /** Names and values as the services call them, such as `streamArn` or `bucket`. */
  readonly place: Readonly<Record<string, string>>;
  /** Until when it is there at least, in epoch milliseconds; null when nobody knows. */
  readonly untilMs: number | null;
};

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
