import { type KnowledgeCase, thrown } from './case.ts';

/** Errors of which the spelling of a name tells: in capitals alone, nothing is known of them. */
export const SPELLING_CASES: readonly KnowledgeCase[] = [
  thrown(
    'transient',
    'aws-code-says-try-later',
    'ClientError',
    'An error occurred (ResourceUnavailableException) when calling the InvokeModel operation: not now',
  ),
  thrown(
    'misconfigured',
    'aws-code-says-resource-missing',
    'ClientError',
    'An error occurred (StackNotFoundException) when calling the DescribeStacks operation: no stack',
  ),
  thrown(
    'misconfigured',
    'aws-code-says-resource-missing',
    'ClientError',
    'An error occurred (NotFoundException) when calling the GetRestApi operation: Invalid API identifier specified',
  ),
  thrown(
    'misconfigured',
    'aws-code-says-quota-used-up',
    'ClientError',
    'An error occurred (TooManyFunctions) when calling the CreateFunction operation: You have reached the maximum number',
  ),
  thrown(
    'poison',
    'aws-code-says-item-missing',
    'ClientError',
    'An error occurred (TransactionNotFoundException) when calling the CommitTransaction operation: Transaction is not found',
  ),
  thrown(
    'poison',
    'aws-code-says-already-done',
    'ClientError',
    'An error occurred (ApprovalAlreadyCompletedException) when calling the PutApprovalResult operation: done',
  ),
  thrown(
    'expired',
    'aws-code-says-too-late',
    'ClientError',
    'An error occurred (ExpiredTradeInTokenException) when calling the X operation: x',
  ),
  thrown('misconfigured', 'setting-missing', 'errorString', 'must set QUEUE_URL and TABLE_NAME'),
  thrown('misconfigured', 'setting-missing', 'errorString', 'Please set STRIPE_API_KEY'),
];
