import { afterEach, beforeEach, expect, test } from '@jest/globals';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stackOfStage } from '../../src/policy/stack-of-stage.ts';

/** The framework, with the variables that serverless.yml would resolve. */
function framework(stage: string): { resolveVariable: (variable: string) => Promise<unknown> } {
  const variables = new Map<string, unknown>([
    ['sls:stage', stage],
    ['self:custom.batchWindowSeconds', 5],
    ['self:custom.name', `service-${stage}`],
    ['self:provider.region', 'eu-west-1'],
    [
      'file(./resources/intakes.yml):Resources',
      { OrdersDlq: { Type: 'AWS::SQS::Queue' }, OrdersTopic: { Type: 'AWS::SNS::Topic' } },
    ],
  ]);
  return { resolveVariable: async (variable) => variables.get(variable) };
}

const GOOD = 'targets: { orders: {} }\nintakes: { orders-dlq: { target: orders } }\n';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'policy-'));
  await writeFile(join(directory, 'policy.yml'), GOOD);
  await writeFile(join(directory, 'policy.local.yml'), GOOD.replaceAll('orders', 'local'));
});

afterEach(() => rm(directory, { recursive: true }));

test('a mapping is made after the consumer’s role and the stack’s queues', async () => {
  const { mappings } = await stackOfStage(directory, framework('prod'));
  expect(Object.values(mappings)).toMatchObject([{ DependsOn: ['ConsumerRole', 'OrdersDlq'] }]);
});

test('stage local is packaged with a policy of its own, every other stage with the one that users edit', async () => {
  expect(JSON.stringify(await stackOfStage(directory, framework('prod')))).toContain('orders-dlq');
  expect(JSON.stringify(await stackOfStage(directory, framework('local')))).toContain('local-dlq');
});

test('a wrong policy stops the packaging, with all that is wrong and where', async () => {
  await writeFile(join(directory, 'policy.yml'), `${GOOD}defaults: { maxAttempts: 9, maxAge: 1y }\n`);
  await expect(stackOfStage(directory, framework('prod'))).rejects.toThrow(
    [
      'policy.yml cannot be used:',
      "policy.yml:3:26 maxAttempts must be a whole number from 1 to 5: Lambda's guard stops longer chains",
      'policy.yml:3:37 maxAge must be a duration such as 30s, 15m, 12h or 14d',
    ].join('\n'),
  );
});

test('a policy that is not there stops the packaging', async () => {
  await rm(join(directory, 'policy.yml'));
  await expect(stackOfStage(directory, framework('prod'))).rejects.toThrow('policy.yml');
});
