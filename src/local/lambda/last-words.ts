import type { Outgoing } from './hand-over.ts';
import type { CalledFunction } from './hosted-function.ts';
import type { InvocationError } from './protocol.ts';

/** An event in Lambda's asynchronous queue. */
export type AsyncEvent = {
  readonly requestId: string;
  readonly called: CalledFunction;
  readonly payload: string;
  readonly acceptedAtMs: number;
};

/** How an event ended. */
export type Ending =
  | { readonly kind: 'success'; readonly response: string }
  /** `tooOld`: its age, not its attempts, were used up. */
  | { readonly kind: 'failed'; readonly error: InvocationError; readonly tooOld: boolean }
  /** It never ran: the function was at its concurrency limit until the event was too old. */
  | { readonly kind: 'throttled' }
  /** It never ran: the function's reserved concurrency is zero. */
  | { readonly kind: 'stopped' };

/** Lambda cuts the error message of a dead-letter message to this many bytes of UTF-8. */
const ERROR_MESSAGE_BYTES = 1024;

/** As AWS writes it, with the blank that is missing. */
const STOPPED = 'Function not invoked. Function isconfigured with zero reserved concurrent executions';

/** The dead-letter message of an event: its payload byte for byte, and three attributes at most. */
export function failureLetter(event: AsyncEvent, ending: Ending): Omit<Outgoing, 'arn'> {
  const { code, message } = failureOf(ending);
  const cut = cutToBytes(message, ERROR_MESSAGE_BYTES);
  return {
    body: event.payload,
    attributes: {
      RequestID: { DataType: 'String', StringValue: event.requestId },
      ...(code === null ? {} : { ErrorCode: { DataType: 'Number', StringValue: code } }),
      ...(cut === '' ? {} : { ErrorMessage: { DataType: 'String', StringValue: cut } }),
    },
  };
}

function failureOf(ending: Ending): { code: string | null; message: string } {
  switch (ending.kind) {
    case 'failed':
      return { code: '200', message: ending.error.errorMessage };
    case 'throttled':
      return { code: '429', message: 'Rate Exceeded.' };
    case 'stopped':
      return { code: null, message: STOPPED };
    case 'success':
      throw new Error('an event that succeeded has no dead letter');
  }
}

/** The record, version 1.0, that a destination gets. The payload is parsed and written anew, as AWS does it. */
export function destinationRecord(event: AsyncEvent, ending: Ending, runs: number, now: Date): string {
  const { hosted, qualifier, settings } = event.called;
  const requestPayload: unknown = JSON.parse(event.payload);
  return JSON.stringify({
    version: '1.0',
    timestamp: now.toISOString(),
    requestContext: {
      requestId: event.requestId,
      functionArn: `${hosted.arn}:${qualifier}`,
      condition: conditionOf(ending),
      approximateInvokeCount: runs,
    },
    requestPayload,
    ...responseOf(ending, settings.version),
  });
}

function conditionOf(ending: Ending): string {
  switch (ending.kind) {
    case 'success':
      return 'Success';
    case 'failed':
      return ending.tooOld ? 'EventAgeExceeded' : 'RetriesExhausted';
    case 'throttled':
      return 'EventAgeExceeded';
    case 'stopped':
      return 'ZeroReservedConcurrency';
  }
}

function responseOf(ending: Ending, executedVersion: string): Record<string, unknown> {
  switch (ending.kind) {
    case 'success': {
      const responsePayload: unknown = JSON.parse(ending.response);
      return { responseContext: { statusCode: 200, executedVersion }, responsePayload };
    }
    case 'failed':
      return {
        responseContext: { statusCode: 200, executedVersion, functionError: 'Unhandled' },
        responsePayload: ending.error,
      };
    case 'throttled':
      return { responseContext: { statusCode: 429 } };
    case 'stopped':
      return {};
  }
}

/** The first bytes of a text; a character that is cut in two becomes U+FFFD, as it does on AWS. */
export function cutToBytes(text: string, bytes: number): string {
  return Buffer.from(text, 'utf8').subarray(0, bytes).toString('utf8');
}
