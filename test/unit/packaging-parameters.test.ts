import { describe, expect, test } from '@jest/globals';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const load = createRequire(join(import.meta.dirname, 'anywhere.cjs'));

/** The framework, with these parameters and nothing in the others. */
function framework(parameters: Readonly<Record<string, string>>): {
  resolveVariable: (variable: string) => Promise<unknown>;
} {
  return { resolveVariable: async (variable) => parameters[variable.replace('param:', '')] ?? '' };
}

async function mailOf(parameters: Readonly<Record<string, string>>): Promise<unknown> {
  const resources: unknown = await load('../../config/mail-subscriptions.cjs')(framework(parameters));
  return resources;
}

async function keyOf(topicsKey: string): Promise<{ resources: unknown; id: unknown }> {
  const { resources, id } = load('../../config/topics-key.cjs');
  return { resources: await resources(framework({ topicsKey })), id: await id(framework({ topicsKey })) };
}

describe('mail', () => {
  test('goes to nobody unless a parameter names an address', async () => {
    expect(await mailOf({})).toEqual({});
  });

  test.each([
    ['alertMail', 'AlertTopic'],
    ['watchMail', 'WatchTopic'],
    ['misnamedMail', 'MisnamedFailures'],
  ])('of %s comes from the topic %s, and from no other', async (parameter, topic) => {
    expect(await mailOf({ [parameter]: 'you@example.com' })).toEqual({
      [`${topic}Mail`]: {
        Type: 'AWS::SNS::Subscription',
        Properties: { TopicArn: { Ref: topic }, Protocol: 'email', Endpoint: 'you@example.com' },
      },
    });
  });
});

describe('the key of the topics', () => {
  test('lets the services deliver that publish to topics, for this account only', async () => {
    const { resources, id } = await keyOf('own');
    expect(id).toEqual({ Ref: 'TopicsKey' });
    expect(resources).toMatchObject({
      TopicsKey: {
        Properties: {
          KeyPolicy: {
            Statement: [
              { Action: 'kms:*' },
              {
                Principal: {
                  Service: [
                    'cloudwatch.amazonaws.com',
                    'sns.amazonaws.com',
                    'events.amazonaws.com',
                    's3.amazonaws.com',
                  ],
                },
                Action: ['kms:Decrypt', 'kms:GenerateDataKey'],
                Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
              },
            ],
          },
        },
      },
      TopicsKeyUse: { Properties: { Roles: [{ Ref: 'ReporterRole' }, { Ref: 'MisnamedRole' }] } },
    });
  });

  test('is none at all when nobody wants one', async () => {
    expect(await keyOf('none')).toEqual({ resources: {}, id: { Ref: 'AWS::NoValue' } });
  });

  test('is never one of AWS’s own', async () => {
    await expect(keyOf('alias/aws/sns')).rejects.toThrow('it must be own or none');
  });
});

describe('who may send to an intake of the stack', () => {
  async function conditionOf(intake: string, operatorRole: string): Promise<unknown> {
    const condition: unknown = await load('../../config/senders.cjs')[intake](framework({ operatorRole }));
    return condition;
  }

  test('is its target, or the topic that feeds it', async () => {
    expect(await conditionOf('target', '')).toEqual({
      ArnNotEquals: { 'aws:PrincipalArn': [{ 'Fn::GetAtt': ['TargetRole', 'Arn'] }] },
    });
    expect(await conditionOf('misnamed', '')).toEqual({
      ArnNotEquals: { 'aws:SourceArn': [{ Ref: 'MisnamedFailures' }] },
    });
  });

  test('is also the role that may put the failure queue back', async () => {
    const role = 'arn:aws:iam::111122223333:role/operator';
    expect(await conditionOf('misnamed', role)).toEqual({
      ArnNotEquals: { 'aws:PrincipalArn': [role], 'aws:SourceArn': [{ Ref: 'MisnamedFailures' }] },
    });
    await expect(conditionOf('target', 'operator')).rejects.toThrow('it must be the ARN of a role');
  });
});
