import { S3Client } from '@aws-sdk/client-s3';
import { patient } from './patient.ts';

export function s3Client(): S3Client {
  return new S3Client({ requestHandler: patient() });
}
