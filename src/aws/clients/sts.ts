import { STSClient } from '@aws-sdk/client-sts';
import { patient } from './patient.ts';

export function stsClient(): STSClient {
  return new STSClient({ requestHandler: patient() });
}
