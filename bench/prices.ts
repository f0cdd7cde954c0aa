/**
 * List prices in US dollars, without any free tier, as the author knows them: check them before you rely on them.
 * Storage, data transfer and logs are left out.
 */
export const PRICES = {
  region: 'eu-west-1',
  asOf: '2026-11-24',
  alarmMetricMonth: 0.1,
  keyMonth: 1,
  millionQueueRequests: 0.4,
  millionNotices: 0.5,
  millionInvocations: 0.2,
  gigabyteSecond: 0.0000133334, // arm64
  millionReadUnits: 0.1415,
  millionWriteUnits: 0.705,
  millionPuts: 5,
  millionGets: 0.4,
} as const;
