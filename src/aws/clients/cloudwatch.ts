import { CloudWatchClient } from '@aws-sdk/client-cloudwatch';
import { patient } from './patient.ts';

export function cloudWatchClient(): CloudWatchClient {
  return new CloudWatchClient({ requestHandler: patient() });
}
