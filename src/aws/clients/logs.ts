import { CloudWatchLogsClient } from '@aws-sdk/client-cloudwatch-logs';
import { patient } from './patient.ts';

export function logsClient(): CloudWatchLogsClient {
  return new CloudWatchLogsClient({ requestHandler: patient() });
}
