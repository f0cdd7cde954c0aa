import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import * as z from 'zod';
import { hashOf } from '../../src/cli/operating/groups.ts';
import { clientsFor, type Clients } from '../../src/demo/clients.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { sendDeadLetter } from '../support/dead-letter.ts';
import { dlqBeside, plain, type Ended } from '../support/dlq-command.ts';
import { eventually } from '../support/eventually.ts';
import { NAMES, startLocalStack } from '../support/local-stack.ts';

const ROOT = join(import.meta.dirname, '..', '..');

/** Its numbers do not survive being parsed and written again. */
const BODY = '{ "do":"return", "orderId":"o-17", "total":42.50, "account":12345678901234567890 }';
const MISSING = "Cannot find module 'tax-tables'";
const MISUSED = "Cannot read properties of undefined (reading 'total')";
const API_REQUEST = JSON.stringify({
  version: '2.0',
  routeKey: 'POST /orders',
  rawPath: '/orders',
  headers: { authorization: 'Bearer secret-of-ann' },
  requestContext: { accountId: '000000000000', apiId: 'a', http: { method: 'POST', path: '/orders' } },
  isBase64Encoded: false,
});

let aws: LocalAws;
let clients: Clients;
const [first, second, secret] = [randomUUID(), randomUUID(), randomUUID()];

async function dlq(
  args: readonly string[],
  environment: Readonly<Record<string, string | undefined>> = {},
): Promise<Ended> {
  const env = { ...aws.environment, AWS_EC2_METADATA_DISABLED: 'true', ...environment };
  return plain(await dlqBeside(env, args));
}

async function told(...args: readonly string[]): Promise<string> {
  const { code, stdout, stderr } = await dlq([...args, '--stage', 'local']);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return stdout;
}

async function json<T>(schema: z.ZodType<T>, ...args: readonly string[]): Promise<T> {
  return schema.parse(JSON.parse(await told(...args, '--json')));
}

const groupsSchema = z.array(
  z.looseObject({ group: z.string(), target: z.string(), category: z.string(), parked: z.number() }),
);
const pageSchema = z.object({
  events: z.array(z.looseObject({ id: z.string(), deathId: z.string(), placement: z.string() })),
  next: z.string().nullable(),
});

beforeAll(async () => {
  aws = await startLocalStack();
  clients = clientsFor(aws);
  await sendDeadLetter(clients.sqs, { requestId: first, message: MISSING, body: BODY });
  await sendDeadLetter(clients.sqs, {
    requestId: second,
    message: MISSING,
    body: '{"do":"return","orderId":"o-18"}',
  });
  await sendDeadLetter(clients.sqs, { requestId: secret, message: MISUSED, body: API_REQUEST });
  await eventually(async () => {
    const { events } = await json(pageSchema, 'list');
    return events.length === 3;
  });
});

afterAll(() => aws.stop());

/** A command's output without what differs from run to run. */
function masked(text: string): string {
  return text
    .replaceAll(/[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}/g, 'UUID')
    .replaceAll(/\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ/g, 'TIME')
    .replaceAll(/date=\d{4}-\d\d-\d\d\/[0-9A-Z]{26}/g, 'date=DATE/ULID')
    .replaceAll(/@\d+\+\d+\.\d+/g, '@PLACE')
    .replaceAll(/start\$3D\d+\$26end\$3D\d+/g, 'SPAN');
}

/** What the README shows of a command, which stands behind a `$` there. */
function shownInReadme(command: string): string {
  const blocks = readFileSync(join(ROOT, 'README.md'), 'utf8').matchAll(/```text\n\$ (.+?)\n(.+?)```/gs);
  return [...blocks].find(([, line]) => masked(line ?? '') === masked(command))?.[2] ?? '';
}

describe('the README', () => {
  test.each([
    'groups --stage local',
    'list --stage local --group HASH',
    'show DEATH --stage local',
    "release HASH --stage local --reason 'the module is there'",
  ])('shows what dlq %s prints', async (line) => {
    const [group] = await json(groupsSchema, 'groups');
    const command = line.replace('HASH', hashOf(group?.group ?? '')).replace('DEATH', first);
    const args = [...command.matchAll(/'([^']+)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
    const { code, stdout } = await dlq(args);
    expect(code).toBe(0);
    expect(masked(shownInReadme(`npx dlq ${command}`))).toBe(masked(stdout));
  });
});

describe('dlq groups', () => {
  test('gives what programs read, filtered', async () => {
    const groups = await json(groupsSchema, 'groups');
    expect(groups.map(({ parked, category }) => ({ parked, category }))).toEqual([
      { parked: 2, category: 'defect' },
      { parked: 1, category: 'defect' },
    ]);
    expect(Object.keys(groups[0] ?? {}).toSorted()).toEqual(
      'asked category cause group held manual next parked rule since state target trial'
        .split(' ')
        .toSorted(),
    );
    expect(await json(groupsSchema, 'groups', '--category', 'transient')).toEqual([]);
    expect(await json(groupsSchema, 'groups', '--target', NAMES.target, '--state', 'parked')).toHaveLength(2);
    expect((await dlq(['groups', '--stage', 'local', '--state', 'shut'])).code).toBe(2);
  });
});

describe('dlq list', () => {
  test('gives pages whose tokens lead through everything, once', async () => {
    const seen: string[] = [];
    for (let after: string[] = []; ;) {
      const page = await json(pageSchema, 'list', '--limit', '1', ...after);
      seen.push(...page.events.map(({ deathId }) => deathId));
      if (page.next === null) break;
      after = ['--after', page.next];
    }
    expect(seen.toSorted()).toEqual([first, second, secret].toSorted());
    expect(await told('list', '--limit', '1')).toContain('1 event, and there are more: --after ');
  });

  test('gives what a pattern matches, what is parked in a group, and what was filed in a time', async () => {
    const where = '{"payload":{"orderId":["o-17"]},"error":{"message":[{"wildcard":"*tax-tables*"}]}}';
    expect(await json(pageSchema, 'list', '--where', where)).toMatchObject({ events: [{ deathId: first }] });
    const [group] = await json(groupsSchema, 'groups');
    const { events } = await json(pageSchema, 'list', '--group', hashOf(group?.group ?? ''));
    expect(events.map(({ deathId }) => deathId).toSorted()).toEqual([first, second].toSorted());
    expect(await json(pageSchema, 'list', '--until', '1h')).toEqual({ events: [], next: null });
    expect(await told('list', '--placement', 'archived')).toBe('0 events\n');
  });

  test('refuses what it cannot do, with exit code 2 and what to do', async () => {
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['--where', '{"taget":["x"]}'], 'a dead event has no taget: did you mean target?'],
      [['--since', 'yesterday'], 'yesterday is no time'],
      [['--limit', '0'], 'give a number from 1 to 1000'],
      [['--after', 'x'], 'x is no token'],
      [['--group', 'nobody'], 'no group nobody has anything parked'],
      [['--group', 'g', '--placement', 'archived'], 'what is in a group is parked'],
    ];
    for (const [args, text] of cases) {
      const { code, stderr } = await dlq(['list', '--stage', 'local', ...args]);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(text) });
    }
  });
});

describe('dlq show', () => {
  test('shows no payload', async () => {
    expect(await told('show', first)).not.toContain('o-17');
  });

  test('prints a payload byte for byte when it is asked for, and all else beside it', async () => {
    const { code, stdout, stderr } = await dlq(['show', first, '--stage', 'local', '--payload']);
    expect({ code, stdout }).toEqual({ code: 0, stdout: BODY });
    expect(stderr).toContain(MISSING);
    const { events } = await json(pageSchema, 'list');
    const id = events.find(({ deathId }) => deathId === first)?.id ?? '';
    const story = await json(z.looseObject({ payload: z.unknown() }), 'show', id, '--payload');
    expect(story).toMatchObject({ id, deathId: first, payload: { text: BODY } });
  });

  test('prints what holds credentials only to who says so twice', async () => {
    for (const format of [[], ['--json']]) {
      const kept = await dlq(['show', secret, '--stage', 'local', '--payload', ...format]);
      expect(kept.code).toBe(1);
      expect(kept.stderr).toContain('holds credentials (api-request) and was not printed: add --yes');
      expect(kept.stdout + kept.stderr).not.toContain('secret-of-ann');
    }
    const shown = await dlq(['show', secret, '--stage', 'local', '--payload', '--yes']);
    expect(shown).toMatchObject({ code: 0, stdout: API_REQUEST });
  });

  test('says which log it cannot read, and shows the rest', async () => {
    const { code, stdout, stderr } = await dlq(['show', first, '--stage', 'local', '--logs']);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `the log group /aws/lambda/${NAMES.target} cannot be read: the local AWS has no logs`,
    );
    expect(stdout).toContain(MISSING);
  });

  test('ends with 2 when there is no such event', async () => {
    const place = 'parked/v1/intake=a/date=2026-11-24/01M86PXR429PHMR50DZ0GFQGDR.jsonl.gz@0+821.0';
    for (const [id, text] of [
      [randomUUID(), 'has been filed since'],
      [place, 'in the archive'],
    ] as const) {
      const { code, stderr } = await dlq(['show', id, '--stage', 'local']);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(text) });
    }
  });
});

describe('what people do', () => {
  test('is planned first, done with --yes, and found in the audit', async () => {
    const [group] = await json(groupsSchema, 'groups');
    const hash = hashOf(group?.group ?? '');
    const ran = (): boolean => aws.invocations().some(({ payload }) => payload === BODY);

    const plan = await told('release', hash, '--reason', 'the tables are there');
    expect(plan).toContain(`2 parked events to the function ${NAMES.target}`);
    expect(plan).toContain('nothing has been done yet: add --yes to do it');

    await told('pause', NAMES.target, '--reason', 'look first', '--yes');
    expect(await json(groupsSchema, 'groups')).toMatchObject([{ held: 'paused' }, { held: 'paused' }]);
    await told('resume', NAMES.target, '--reason', 'looked', '--yes');
    expect(await json(groupsSchema, 'groups')).toMatchObject([{ held: null }, { held: null }]);
    expect(ran()).toBe(false);

    const report = await json(
      z.looseObject({ applied: z.boolean() }),
      'release',
      hash,
      '--reason',
      'the tables are there',
      '--yes',
    );
    expect(report).toMatchObject({
      applied: true,
      outcome: 'asked',
      woken: true,
      parked: 2,
      group: group?.group,
    });
    await eventually(ran);
    expect(await told('show', first)).toMatch(/1\. .* in a release: accepted/);

    const { acts } = await json(
      z.object({ acts: z.array(z.record(z.string(), z.string())), next: z.null() }),
      'audit',
    );
    const who = 'arn:aws:iam::000000000000:root';
    expect(acts).toMatchObject([
      { who, what: 'release', subject: group?.group, reason: 'the tables are there' },
      { who, what: 'resume', subject: NAMES.target, reason: 'looked' },
      { who, what: 'pause', subject: NAMES.target, reason: 'look first' },
    ]);
    expect(await told('audit', '--limit', '1')).toContain('there are more: --after ');
  });

  test('is refused without a reason, and for what is not there', async () => {
    const cases: readonly (readonly [readonly string[], string])[] = [
      [['release', 'x', '--yes'], "required option '--reason <text>' not specified"],
      [['release', 'nobody', '--reason', 'r', '--yes'], 'no group nobody has anything parked'],
      [['pause', `${NAMES.target}s`, '--reason', 'r', '--yes'], `did you mean ${NAMES.target}?`],
    ];
    for (const [args, text] of cases) {
      const { code, stderr } = await dlq([...args, '--stage', 'local']);
      expect({ code, stderr }).toEqual({ code: 2, stderr: expect.stringContaining(text) });
    }
  });
});

describe('a stage that is not there', () => {
  const none = {
    AWS_PROFILE: undefined,
    AWS_CONFIG_FILE: '/nowhere',
    AWS_SHARED_CREDENTIALS_FILE: '/nowhere',
  };

  test.each([
    ['is not deployed', ['--stage', 'prod'], {}, 'stage prod is not deployed in eu-west-1'],
    ['is elsewhere', ['--region', 'eu-central-1'], {}, 'stage dev is not deployed in eu-central-1'],
    [
      'is nowhere',
      [],
      { ...none, AWS_REGION: undefined, AWS_DEFAULT_REGION: undefined },
      'there is no region for',
    ],
    [
      'is not to be read by anybody',
      [],
      { ...none, AWS_ACCESS_KEY_ID: undefined, AWS_SECRET_ACCESS_KEY: undefined },
      'there are no credentials for',
    ],
    ['is of a profile that is not there', ['--profile', 'nobody'], none, 'there are no credentials for'],
    ['cannot be reached', [], { AWS_ENDPOINT_URL: 'http://127.0.0.1:9' }, 'AWS cannot be reached for'],
  ] as const)('%s', async (_, args, environment, text) => {
    const { code, stdout, stderr } = await dlq(['groups', ...args], environment);
    expect({ code, stdout, stderr }).toEqual({ code: 2, stdout: '', stderr: expect.stringContaining(text) });
  });
});
