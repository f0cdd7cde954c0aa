import { isObject, ownProperty, parseJson } from '../json.ts';
import type { CallResult } from '../ports.ts';

/**
 * What a call with a stream's batch has come to. A function that reports failures of single records answers 200 and names them:
 * then the batch has not been done. An answer that Lambda could not read as such a report counts as failed, as it does there.
 * Source: Lambda developer guide, reporting batch item failures.
 */
export function judgeAnswer(result: CallResult): CallResult {
  if (result.kind !== 'succeeded') return result;
  const answer = parseJson(result.answer);
  const failures = isObject(answer) ? ownProperty(answer, 'batchItemFailures') : undefined;
  const isDone =
    failures === undefined || failures === null || (Array.isArray(failures) && failures.length === 0);
  if (isDone) return result;
  const message = 'the function reported records of the batch as failed';
  return {
    kind: 'died',
    requestId: result.requestId,
    error: { code: null, type: 'BatchItemFailures', message },
  };
}
