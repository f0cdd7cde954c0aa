import { SNSClient } from '@aws-sdk/client-sns';
import { patient } from './patient.ts';

export function snsClient(): SNSClient {
  return new SNSClient({ requestHandler: patient() });
}
