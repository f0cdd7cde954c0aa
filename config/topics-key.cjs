const ACCOUNT_ROOT = require('./account-root.cjs');

/**
 * The key of the stack's topics, by the parameter `topicsKey`: `own` makes one, `none` leaves topics unencrypted. Never a
 * key of AWS's own (alias/aws/sns): CloudWatch and EventBridge may not use it, and what they publish would be lost.
 */
const ROLES_THAT_PUBLISH = ['ReporterRole', 'MisnamedRole'];
const USE = ['kms:Decrypt', 'kms:GenerateDataKey'];

async function isOwn({ resolveVariable }) {
  const choice = await resolveVariable('param:topicsKey');
  if (choice === 'own' || choice === 'none') return choice === 'own';
  throw new Error(`the parameter topicsKey is "${choice}": it must be own or none`);
}

/** The key and the right to use it; nothing without a key. */
module.exports.resources = async (framework) => {
  if (!(await isOwn(framework))) return {};
  return {
    TopicsKey: {
      Type: 'AWS::KMS::Key',
      Properties: {
        Description: 'Alerts, alarms and dead events in the topics of the dead-letter reprocessor',
        EnableKeyRotation: true,
        PendingWindowInDays: 7, // nothing is kept under it: a topic has no memory
        KeyPolicy: {
          Version: '2012-10-17',
          Statement: [
            {
              Sid: 'TheAccountDecidesByItsOwnPolicies',
              Effect: 'Allow',
              Principal: {
                AWS: ACCOUNT_ROOT,
              },
              Action: 'kms:*',
              Resource: '*', // in the policy of a key this is the key: there is no other way to say it
            },
            {
              Sid: 'ServicesOfThisAccountDeliver',
              Effect: 'Allow',
              Principal: {
                Service: [
                  'cloudwatch.amazonaws.com',
                  'sns.amazonaws.com',
                  'events.amazonaws.com',
                  's3.amazonaws.com',
                ],
              },
              Action: USE,
              Resource: '*',
              Condition: { StringEquals: { 'aws:SourceAccount': { Ref: 'AWS::AccountId' } } },
            },
          ],
        },
      },
    },
    TopicsKeyUse: {
      Type: 'AWS::IAM::Policy',
      Properties: {
        PolicyName: 'topics-key',
        Roles: ROLES_THAT_PUBLISH.map((Ref) => ({ Ref })),
        PolicyDocument: {
          Version: '2012-10-17',
          Statement: [{ Effect: 'Allow', Action: USE, Resource: { 'Fn::GetAtt': ['TopicsKey', 'Arn'] } }],
        },
      },
    },
  };
};

/** The value of a topic's KmsMasterKeyId. */
module.exports.id = async (framework) =>
  (await isOwn(framework)) ? { Ref: 'TopicsKey' } : { Ref: 'AWS::NoValue' };
