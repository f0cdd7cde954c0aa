import { IAMClient } from '@aws-sdk/client-iam';
import { patient } from './patient.ts';

export function iamClient(): IAMClient {
  return new IAMClient({ requestHandler: patient() });
}
