import { isObject, ownProperty } from '../../recovery/json.ts';
import { Misuse } from '../misuse.ts';
import { read, type Reading, type Unread } from './reading.ts';

/**
 * Makes a call to AWS. What it refuses is part of the answer; throws a Misuse where AWS cannot be asked at all, since whoever
 * asks has no region or is nobody that it knows.
 */
export async function ask<T>(call: string, work: () => Promise<T>): Promise<Reading<T>> {
  try {
    return read(await work());
  } catch (error) {
    return unread(call, error);
  }
}

/** The same of something that may not be there: null then. */
export function askFor<T>(call: string, work: () => Promise<T>): Promise<Reading<T | null>> {
  return ask(call, () =>
    work().catch((error: unknown) => {
      if (error instanceof Error && NOT_THERE.has(error.name)) return null;
      throw error;
    }),
  );
}

/** As Lambda, SQS and SNS say that there is no such thing. */
const NOT_THERE = new Set([
  'ResourceNotFoundException',
  'QueueDoesNotExist',
  'AWS.SimpleQueueService.NonExistentQueue',
  'NotFoundException',
  'NotFound',
]);

/** As the SDK and AWS say that they do not know who asks. */
const NOBODY = new Set([
  'CredentialsProviderError',
  'TokenProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'UnrecognizedClientException',
  'InvalidClientTokenId',
  'InvalidSignatureException',
  'SignatureDoesNotMatch',
  'MissingAuthenticationToken',
]);

const NOT_IMPLEMENTED = 501;

function unread(call: string, error: unknown): Unread {
  if (!(error instanceof Error)) throw error;
  if (NOBODY.has(error.name) || error.message.startsWith('Region ')) {
    throw new Misuse(
      `AWS cannot be asked (${call}): ${error.message}\nSign in, or set AWS_PROFILE, AWS_REGION, or AWS_ENDPOINT_URL for the local AWS.`,
    );
  }
  const status = ownProperty(ownProperty(error, '$metadata'), 'httpStatusCode');
  const text = error.message === '' ? error.name : error.message;
  if (status === NOT_IMPLEMENTED) return { kind: 'unread', call, reason: 'not-modelled', text };
  const isDenied = /^(?:AccessDenied|AuthorizationError|Unauthorized)/.test(error.name);
  // An answer of AWS's, or that none came: a fault of this program is neither.
  if (!isObject(ownProperty(error, '$metadata'))) throw error;
  return { kind: 'unread', call, reason: isDenied ? 'denied' : 'failed', text };
}
