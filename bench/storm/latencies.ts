/**
 * What is assumed of time, in milliseconds. AWS promises none of it; the orders are what its services show from a function in
 * their region. Nine calls of ten take `usual`, nearly all others `slow`, one of a hundred `slowest`.
 */

export type Latency = { readonly usual: number; readonly slow: number; readonly slowest: number };

const READ = { usual: 5, slow: 8, slowest: 25 };
const WRITE = { usual: 6, slow: 10, slowest: 30 };

export const LATENCIES = {
  // DynamoDB: single-digit milliseconds, as its own page says, and a tail.
  'DynamoDB BatchGetItem': { usual: 9, slow: 15, slowest: 40 },
  'DynamoDB GetItem': READ,
  'DynamoDB Query': READ,
  'DynamoDB PutItem': WRITE,
  'DynamoDB UpdateItem': WRITE,
  'DynamoDB DeleteItem': WRITE,
  // S3: first byte within 100 to 200 ms, says its guide; mostly it is quicker.
  'S3 PutObject': { usual: 60, slow: 120, slowest: 300 },
  'S3 GetObject': { usual: 40, slow: 80, slowest: 200 },
  // Lambda: the way to a warm function and back, without its run; accepting an event; the control plane.
  'Lambda Invoke': { usual: 12, slow: 25, slowest: 100 },
  'Lambda Invoke (async)': { usual: 15, slow: 30, slowest: 100 },
  'Lambda GetFunctionConfiguration': { usual: 60, slow: 100, slowest: 300 },
  'Lambda GetFunctionEventInvokeConfig': { usual: 60, slow: 100, slowest: 300 },
  'Lambda GetFunctionConcurrency': { usual: 60, slow: 100, slowest: 300 },
  // SQS and SNS: tens of milliseconds.
  'SQS ReceiveMessage': { usual: 15, slow: 25, slowest: 80 },
  'SQS DeleteMessageBatch': { usual: 15, slow: 25, slowest: 80 },
  'SQS ChangeMessageVisibilityBatch': { usual: 15, slow: 25, slowest: 80 },
  'SNS Publish': { usual: 30, slow: 60, slowest: 150 },
} as const satisfies Record<string, Latency>;

export type Api = keyof typeof LATENCIES;

/** The target's own work, and how soon it fails while its dependency refuses connections. */
export const TARGET_RUN = { usual: 100, slow: 140, slowest: 250 } as const satisfies Latency;
export const TARGET_FAILURE_MS = 50;

/** From a schedule's minute, or a wake, to the first line of a warm function. */
export const START_MS = 300;

/**
 * Processor time on a whole core: measured on the author's machine with the SDK of this project against a server on loopback,
 * and by this bench's own run. Node computes on one core whatever the function's memory, and a core is 1,769 MB.
 */
export const CPU_MS = {
  /** Building, signing, sending and reading one call of the SDK. */
  perCall: 0.25,
  /** Reading, judging and grouping one record, at the intake as before a release. */
  perRecord: 0.1,
  /** One event of an archive object: to JSON and gzip, or back. */
  perEntry: 0.05,
} as const;
export const CORE_MEGABYTES = 1769;

/** Sockets of the SDK's clients for stores: its default. Calls beyond wait for one. */
export const SOCKETS = 50;

/** Lambda waits so long before its second and third attempt of an asynchronous event. Source: Lambda developer guide. */
export const RETRY_WAITS_MS = [60_000, 120_000] as const;

/** Standard queues: messages in flight, at most. Source: SQS developer guide. */
export const IN_FLIGHT_LIMIT = 120_000;
