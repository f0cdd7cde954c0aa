import { paginateFilterLogEvents, type CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { GetFunctionConfigurationCommand, type LambdaClient } from '@aws-sdk/client-lambda';

/** What a function wrote under one request id, within a span of time in epoch milliseconds. */
export type LogSearch = {
  readonly group: string;
  readonly requestId: string;
  readonly fromMs: number;
  readonly untilMs: number;
};

export type LogLine = { readonly atMs: number; readonly text: string };

export interface FunctionLogs {
  /** Name of the log group that a function writes to: its own setting, else Lambda's default, which holds where it cannot be read. */
  groupOf(functionName: string): Promise<string>;
  /** The lines that name the request, oldest first, at most so many. Rejects with what CloudWatch Logs says against it. */
  lines(search: LogSearch, most: number): Promise<readonly LogLine[]>;
}

export function functionLogs(lambda: LambdaClient, logs: () => Promise<CloudWatchLogsClient>): FunctionLogs {
  return {
    groupOf: (functionName) => groupOf(lambda, functionName),
    lines: async (search, most) => linesOf(await logs(), search, most),
  };
}

async function groupOf(lambda: LambdaClient, FunctionName: string): Promise<string> {
  const usual = `/aws/lambda/${FunctionName.split(':').at(-1)}`;
  try {
    const { LoggingConfig } = await lambda.send(new GetFunctionConfigurationCommand({ FunctionName }));
    return LoggingConfig?.LogGroup ?? usual;
  } catch {
    // The function may be gone, or not for these eyes: its log may be there all the same.
    return usual;
  }
}

async function linesOf(
  client: CloudWatchLogsClient,
  { group, requestId, fromMs, untilMs }: LogSearch,
  most: number,
): Promise<readonly LogLine[]> {
  const lines: LogLine[] = [];
  const pages = paginateFilterLogEvents(
    { client },
    // In quotes: a term with hyphens is else more than one.
    { logGroupName: group, filterPattern: `"${requestId}"`, startTime: fromMs, endTime: untilMs },
  );
  for await (const { events = [] } of pages) {
    for (const { timestamp = 0, message = '' } of events) lines.push({ atMs: timestamp, text: message });
    if (lines.length >= most) break;
  }
  return lines.toSorted((a, b) => a.atMs - b.atMs).slice(0, most);
}
