import { expect, test } from '@jest/globals';
import { createRequire } from 'node:module';
import { join } from 'node:path';

const load = createRequire(join(import.meta.dirname, 'anywhere.cjs'));

async function resourcesFor(address: string): Promise<unknown> {
  const resources: unknown = await load('../../config/misnamed-mail.cjs')({
    resolveVariable: async (variable: string) => (variable === 'param:misnamedMail' ? address : undefined),
  });
  return resources;
}

test('dead events are mailed to the address of the parameter, and to nobody without one', async () => {
  expect(await resourcesFor('')).toEqual({});
  expect(await resourcesFor('you@example.com')).toEqual({
    MisnamedMail: {
      Type: 'AWS::SNS::Subscription',
      Properties: {
        TopicArn: { Ref: 'MisnamedFailures' },
        Protocol: 'email',
        Endpoint: 'you@example.com',
      },
    },
  });
});
