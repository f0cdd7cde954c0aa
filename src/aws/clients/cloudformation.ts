import { CloudFormationClient } from '@aws-sdk/client-cloudformation';
import { patient } from './patient.ts';

export function cloudFormationClient(): CloudFormationClient {
  return new CloudFormationClient({ requestHandler: patient() });
}
