/** The page of the CloudWatch console that shows what a function wrote under one request id. Times in epoch milliseconds. */
export type LogPlace = {
  readonly region: string;
  readonly group: string;
  readonly requestId: string;
  readonly fromMs: number;
  readonly untilMs: number;
};

/**
 * The link to it. The console reads what stands behind its `#` with `$` for `%`, and names and values are encoded once more in it.
 */
export function logLink({ region, group, requestId, fromMs, untilMs }: LogPlace): string {
  const query = `?filterPattern=${encodeURIComponent(`"${requestId}"`)}&start=${fromMs}&end=${untilMs}`;
  const events = `log-events${encodeURIComponent(query)}`.replaceAll('%', '$');
  const name = encodeURIComponent(encodeURIComponent(group)).replaceAll('%', '$');
  return `https://${consoleOf(region)}/cloudwatch/home?region=${region}#logsV2:log-groups/log-group/${name}/${events}`;
}

/** Each partition of AWS has a console of its own. */
function consoleOf(region: string): string {
  if (region.startsWith('cn-')) return `${region}.console.amazonaws.cn`;
  if (region.startsWith('us-gov-')) return 'console.amazonaws-us-gov.com';
  return `${region}.console.aws.amazon.com`;
}
