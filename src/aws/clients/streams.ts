import { DynamoDBStreamsClient } from '@aws-sdk/client-dynamodb-streams';
import { KinesisClient } from '@aws-sdk/client-kinesis';
import { patient } from './patient.ts';

export function kinesisClient(): KinesisClient {
  return new KinesisClient({ requestHandler: patient() });
}

export function dynamoStreamsClient(): DynamoDBStreamsClient {
  return new DynamoDBStreamsClient({ requestHandler: patient() });
}
