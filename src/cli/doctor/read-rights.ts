import { SimulatePrincipalPolicyCommand, type IAMClient } from '@aws-sdk/client-iam';
import { ask } from './ask.ts';
import type { Channel, Right } from './facts.ts';
import { serviceOf } from './places.ts';
import { notAsked, read, type Reading } from './reading.ts';

const CALL = 'iam:SimulatePrincipalPolicy';

type Need = { readonly actions: readonly string[]; readonly resource: string };

/** Asks IAM whether a role may do what sending dead events to that queue, topic or other destination needs. */
export async function readRights(
  client: IAMClient,
  role: string,
  arn: string,
  channel: Channel | null,
): Promise<Reading<readonly Right[]>> {
  const needs = needsOf(arn, channel);
  if (needs === null) return notAsked(CALL, `what Lambda needs for ${arn} is not known here`);
  const rights: Right[] = [];
  for (const need of needs) {
    const reading = await ask(CALL, () => simulate(client, role, need));
    if (reading.kind === 'unread') return reading;
    rights.push(...reading.value);
  }
  return read(rights);
}

async function simulate(client: IAMClient, role: string, { actions, resource }: Need): Promise<Right[]> {
  const { EvaluationResults = [] } = await client.send(
    new SimulatePrincipalPolicyCommand({
      PolicySourceArn: role,
      ActionNames: [...actions],
      ResourceArns: [resource],
    }),
  );
  return EvaluationResults.map(({ EvalActionName = '', EvalDecision }) => ({
    action: EvalActionName,
    resource,
    decision: EvalDecision ?? 'implicitDeny',
  }));
}

/** Source: Lambda developer guide, "Capturing records of Lambda asynchronous invocations". Null for what it does not name. */
function needsOf(arn: string, channel: Channel | null): readonly Need[] | null {
  const key = channel === null || channel.kind === 'other' ? null : keyArn(channel.kmsKey, arn);
  const decrypting = key === null ? [] : [{ actions: ['kms:GenerateDataKey', 'kms:Decrypt'], resource: key }];
  switch (serviceOf(arn)) {
    case 'sqs':
      return [{ actions: ['sqs:SendMessage'], resource: arn }, ...decrypting];
    case 'sns':
      return [{ actions: ['sns:Publish'], resource: arn }, ...decrypting];
    case 'lambda':
      return [{ actions: ['lambda:InvokeFunction'], resource: arn }];
    case 'events':
      return [{ actions: ['events:PutEvents'], resource: arn }];
    case 's3':
      return [
        { actions: ['s3:PutObject'], resource: `${arn}/*` },
        { actions: ['s3:ListBucket'], resource: arn },
      ];
    default:
      return null;
  }
}

/**
 * ARN of a customer-managed key. Null without one, for a key of AWS's own, which lets in whoever may use the queue or topic, and
 * for an alias, since rights are never granted on those.
 */
function keyArn(key: string | null, besideArn: string): string | null {
  if (key === null || key.includes('alias/')) return null;
  if (key.startsWith('arn:')) return key;
  const [, partition, , region, account] = besideArn.split(':');
  return `arn:${partition}:kms:${region}:${account}:key/${key}`;
}
