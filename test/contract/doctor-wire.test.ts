import { afterAll, beforeAll, beforeEach, describe, expect, test } from '@jest/globals';
import { destroy, doctorClients, type Clients } from '../../src/cli/doctor/clients.ts';
import type { FunctionFacts } from '../../src/cli/doctor/facts.ts';
import { gather } from '../../src/cli/doctor/gather.ts';
import { readFunction } from '../../src/cli/doctor/read-function.ts';
import { readIntake } from '../../src/cli/doctor/read-intake.ts';
import { read } from '../../src/cli/doctor/reading.ts';
import { errorAnswer, Front, jsonAnswer, type Answer, type Call } from '../../src/local/front.ts';
import { testIntake, testPolicy } from '../support/test-policy.ts';

/**
 * What AWS answers of what the local AWS does not have, on the wire. Shapes: the API references of Lambda, IAM, CloudWatch and
 * CloudFormation.
 */

const NOW_MS = Date.UTC(2026, 10, 24, 12);
const ROLE = 'arn:aws:iam::000000000000:role/orders';
const FUNCTION = 'arn:aws:lambda:eu-west-1:000000000000:function:orders';
const QUEUE = 'arn:aws:sqs:eu-west-1:000000000000:orders-dlq';
const KEY = 'arn:aws:kms:eu-west-1:000000000000:key/0b9c';

type Answers = (call: Call) => Answer;
let answers: { readonly [service: string]: Answers } = {};
const calls: Call[] = [];
const front = new Front(() => undefined);
const before = { ...process.env };
let clients: Clients;

beforeAll(async () => {
  for (const service of ['lambda', 'sqs', 'iam', 'monitoring', 'cloudformation']) {
    front.register(service, async (call) => {
      calls.push(call);
      return answers[service]?.(call) ?? errorAnswer(500, 'InternalFailure', `unexpected: ${call.action}`);
    });
  }
  const port = await front.listen(0);
  Object.assign(process.env, {
    AWS_ENDPOINT_URL: `http://127.0.0.1:${port}`,
    AWS_REGION: 'eu-west-1',
    AWS_ACCESS_KEY_ID: 'test',
    AWS_SECRET_ACCESS_KEY: 'test',
    AWS_MAX_ATTEMPTS: '1',
  });
  clients = doctorClients();
});

afterAll(async () => {
  destroy(clients);
  process.env = before;
  await front.close();
});

beforeEach(() => {
  calls.length = 0;
  answers = HEALTHY;
});

function lambda({ action }: Call): Answer {
  const { pathname, searchParams } = new URL(action.split(' ')[1] ?? '', 'http://127.0.0.1');
  const qualifier = searchParams.get('Qualifier');
  if (pathname.endsWith('/configuration')) {
    return jsonAnswer(200, {
      FunctionArn: qualifier === null ? FUNCTION : `${FUNCTION}:${qualifier}`,
      Role: ROLE,
      Timeout: 30,
      DeadLetterConfig: { TargetArn: qualifier === '6' ? `${QUEUE}-old` : QUEUE },
    });
  }
  if (pathname.endsWith('/event-invoke-config')) return errorAnswer(404, 'ResourceNotFoundException', 'none');
  if (pathname.endsWith('/recursion-config')) return jsonAnswer(200, { RecursiveLoop: 'Allow' });
  if (pathname.endsWith('/concurrency')) return jsonAnswer(200, { ReservedConcurrentExecutions: 5 });
  const live = {
    Name: 'live',
    FunctionVersion: '7',
    RoutingConfig: { AdditionalVersionWeights: { 6: 0.1 } },
  };
  if (pathname.endsWith('/aliases')) {
    // Two pages.
    return searchParams.get('Marker') === null
      ? jsonAnswer(200, { Aliases: [live], NextMarker: 'more' })
      : jsonAnswer(200, { Aliases: [{ Name: 'next', FunctionVersion: '7' }] });
  }
  return jsonAnswer(200, {
    EventSourceMappings: [
      {
        UUID: 'u-1',
        FunctionArn: `${FUNCTION}-consumer`,
        State: 'Disabled',
        StateTransitionReason: 'User action',
        LastProcessingResult: 'PROBLEM: Function call failed',
      },
    ],
  });
}

function queue(attributes: Record<string, string> = {}): Answers {
  return ({ action }) =>
    action === 'GetQueueUrl'
      ? jsonAnswer(200, { QueueUrl: 'https://sqs.eu-west-1.amazonaws.com/000000000000/orders-dlq' })
      : jsonAnswer(200, { Attributes: { QueueArn: QUEUE, ...attributes } });
}

/** IAM allows what is asked of queues, and nothing else. */
function iam({ requestBody }: Call): Answer {
  const form = new URLSearchParams(requestBody.toString('utf8'));
  const actions = [...form]
    .filter(([name]) => name.startsWith('ActionNames.member.'))
    .map(([, value]) => value);
  const members = actions.map((action) => {
    const decision = action.startsWith('sqs:') ? 'allowed' : 'implicitDeny';
    return `<member><EvalActionName>${action}</EvalActionName><EvalDecision>${decision}</EvalDecision></member>`;
  });
  return xml(
    200,
    `<SimulatePrincipalPolicyResponse><SimulatePrincipalPolicyResult><IsTruncated>false</IsTruncated><EvaluationResults>${members.join('')}</EvaluationResults></SimulatePrincipalPolicyResult></SimulatePrincipalPolicyResponse>`,
  );
}

function xml(status: number, body: string): Answer {
  return { status, headers: { 'content-type': 'text/xml' }, body: Buffer.from(body) };
}

/** On the day of the test, in seconds. */
function at(hour: number): number {
  return Date.UTC(2026, 10, 24, hour) / 1000;
}

function cloudWatch(): Answer {
  return jsonAnswer(200, {
    MetricDataResults: [
      { Id: 'dead', StatusCode: 'Complete', Timestamps: [at(9), at(7), at(10)], Values: [2, 1, 0] },
      { Id: 'dropped', StatusCode: 'Complete', Timestamps: [], Values: [] },
    ],
  });
}

const HEALTHY = { lambda, sqs: queue({ KmsMasterKeyId: '0b9c' }), iam, monitoring: cloudWatch };

function look(): Promise<FunctionFacts> {
  const chosen = { functionName: 'orders', qualifier: 'live', target: null };
  return readFunction(clients, chosen, testPolicy, NOW_MS);
}

describe('what is read of a function', () => {
  test('is its configuration, guard, aliases with the queues of all their versions, losses and rights', async () => {
    const facts = await look();
    expect(facts).toMatchObject({
      subject: 'orders:live',
      configuration: read({
        arn: FUNCTION,
        role: ROLE,
        known: expect.objectContaining({ timeoutSeconds: 30, deadLetterArn: QUEUE, onFailureArn: null }),
      }),
      reservedConcurrency: read(5),
      recursiveLoop: read('Allow'),
      aliases: read({
        latestDeadLetterArn: QUEUE,
        aliases: [
          {
            name: 'live',
            versions: [
              { version: '7', deadLetterArn: QUEUE },
              { version: '6', deadLetterArn: `${QUEUE}-old` },
            ],
          },
          { name: 'next', versions: [{ version: '7', deadLetterArn: QUEUE }] },
        ],
      }),
      losses: read(
        expect.objectContaining({
          deadLetterErrors: { sum: 3, lastAt: '2026-11-24T09:00:00.000Z' },
          asyncEventsDropped: { sum: 0, lastAt: null },
          recursiveInvocationsDropped: { sum: 0, lastAt: null },
        }),
      ),
      ways: read([
        expect.objectContaining({
          via: 'dead-letter queue',
          arn: QUEUE,
          rights: read([
            { action: 'sqs:SendMessage', resource: QUEUE, decision: 'allowed' },
            { action: 'kms:GenerateDataKey', resource: KEY, decision: 'implicitDeny' },
            { action: 'kms:Decrypt', resource: KEY, decision: 'implicitDeny' },
          ]),
        }),
      ]),
    });
    const asked = calls
      .filter(({ service }) => service === 'iam')
      .map(({ requestBody }) => String(requestBody));
    expect(asked[0]).toContain(`PolicySourceArn=${encodeURIComponent(ROLE)}`);
  });

  test('is nothing of what somebody may not ask, and says so by the call', async () => {
    answers = {
      ...HEALTHY,
      lambda: (call) =>
        /recursion-config|aliases/.test(call.action)
          ? errorAnswer(403, 'AccessDeniedException', 'User: ann is not authorized')
          : lambda(call),
      iam: () =>
        xml(
          403,
          '<ErrorResponse><Error><Type>Sender</Type><Code>AccessDenied</Code><Message>ann may not</Message></Error></ErrorResponse>',
        ),
      monitoring: () => errorAnswer(400, 'AccessDeniedException', 'ann may not'),
    };
    const { recursiveLoop, aliases, losses, ways, reservedConcurrency } = await look();
    const denied = (call: string): object =>
      expect.objectContaining({ kind: 'unread', reason: 'denied', call });
    expect({ recursiveLoop, aliases, losses, ways, reservedConcurrency }).toEqual({
      recursiveLoop: denied('lambda:GetFunctionRecursionConfig'),
      aliases: denied('lambda:ListAliases'),
      losses: denied('cloudwatch:GetMetricData'),
      ways: read([expect.objectContaining({ rights: denied('iam:SimulatePrincipalPolicy') })]),
      reservedConcurrency: read(5),
    });
  });

  test('is nothing at all, and wrong use, for somebody whom AWS does not know', async () => {
    answers = {
      ...HEALTHY,
      lambda: () =>
        errorAnswer(403, 'ExpiredTokenException', 'The security token included in the request is expired'),
    };
    await expect(look()).rejects.toMatchObject({
      name: 'Misuse',
      message: expect.stringContaining('is expired\nSign in, or set AWS_PROFILE'),
    });
  });

  test('is that there is none, of a function that is not there', async () => {
    answers = {
      ...HEALTHY,
      lambda: () => errorAnswer(404, 'ResourceNotFoundException', 'Function not found'),
    };
    expect(await look()).toMatchObject({ configuration: read(null), ways: read([]) });
    expect(calls).toHaveLength(1);
  });
});

describe('what is read of an intake', () => {
  test('is its attributes, and the mappings of it with Lambda’s word on them', async () => {
    answers = {
      ...HEALTHY,
      sqs: queue({
        VisibilityTimeout: '30',
        MessageRetentionPeriod: '345600',
        RedrivePolicy: JSON.stringify({ deadLetterTargetArn: `${QUEUE}-2`, maxReceiveCount: '3' }),
        ApproximateNumberOfMessages: '7',
        ApproximateNumberOfMessagesNotVisible: '2',
        Policy: '{"Statement":[]}',
      }),
    };
    const consumer = { name: 'orders-consumer', prefix: 'service-', timeoutSeconds: read(25) };
    expect(await readIntake(clients, testIntake('orders-dlq', 'orders'), consumer)).toMatchObject({
      isAdopted: true,
      queue: read({
        kind: 'queue',
        arn: QUEUE,
        visibilitySeconds: 30,
        retentionSeconds: 345_600,
        kmsKey: null,
        redrive: { deadLetterArn: `${QUEUE}-2`, maxReceives: 3 },
        policy: { Statement: [] },
        messages: 7,
        inFlight: 2,
      }),
      mappings: read([
        {
          uuid: 'u-1',
          functionName: 'orders-consumer',
          state: 'Disabled',
          stateReason: 'User action',
          lastResult: 'PROBLEM: Function call failed',
        },
      ]),
      topic: read(null),
    });
  });
});

function summary(type: string, id: string): string {
  return `<member><ResourceType>${type}</ResourceType><PhysicalResourceId>${id}</PhysicalResourceId></member>`;
}

describe('what is read of a stack', () => {
  const options = { policy: testPolicy, service: 'service', nowMs: NOW_MS, notice: () => undefined };

  test('is its functions alone, and the intakes of those that are declared', async () => {
    answers = {
      ...HEALTHY,
      cloudformation: () =>
        xml(
          200,
          `<ListStackResourcesResponse><ListStackResourcesResult><StackResourceSummaries>${summary('AWS::Lambda::Function', 'orders')}${summary('AWS::SQS::Queue', 'q')}${summary('AWS::Lambda::Function', 'other')}</StackResourceSummaries></ListStackResourcesResult></ListStackResourcesResponse>`,
        ),
    };
    const facts = await gather(clients, { kind: 'stack', stack: 'shop' }, options);
    expect(facts.functions.map(({ subject, target }) => [subject, target?.key])).toEqual([
      ['orders', 'orders'],
      ['other', undefined],
    ]);
    expect(facts.intakes.map(({ subject }) => subject)).toEqual(['orders-dlq']);
    expect(facts.service).toBeNull();
  });

  test('is wrong use when there is no such stack', async () => {
    answers = {
      ...HEALTHY,
      cloudformation: () =>
        xml(
          400,
          '<ErrorResponse><Error><Code>ValidationError</Code><Message>Stack with id shop does not exist</Message></Error></ErrorResponse>',
        ),
    };
    await expect(gather(clients, { kind: 'stack', stack: 'shop' }, options)).rejects.toThrow(
      'Stack with id shop does not exist',
    );
  });
});
