import { describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import * as z from 'zod';
import { destinationBody, dlqRecord } from '../support/dlq-record.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'dlq-explain-'));

type Run = { readonly code: number | null; readonly stdout: string; readonly stderr: string };

function dlq(args: readonly string[], input = ''): Run {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(ROOT, 'bin', 'dlq.js'), ...args], {
    cwd: ROOT,
    input,
    encoding: 'utf8',
  });
  return { code: status, stdout, stderr };
}

/** The keys that programs read, and nothing that they would have to guess. */
const explanationSchema = z.object({
  id: z.string().nullable(),
  form: z.string(),
  target: z.string().nullable(),
  error: z.strictObject({
    code: z.string().nullable(),
    type: z.string().nullable(),
    message: z.string().nullable(),
  }),
  category: z.string(),
  rule: z.string(),
  evidence: z.array(z.enum(['type', 'code', 'message', 'cause', 'stack', 'condition'])),
  action: z.enum(['reinvoke', 'wait', 'park', 'archive']),
  alert: z.boolean(),
  reason: z.string(),
  payloadSha256: z
    .string()
    .regex(/^[0-9a-f]{64}$/)
    .nullable(),
});

function explained(args: readonly string[], input?: string): readonly z.infer<typeof explanationSchema>[] {
  const { code, stdout, stderr } = dlq(['explain', '--json', ...args], input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  return z.array(explanationSchema).parse(JSON.parse(stdout));
}

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

const LOCAL = ['--policy', 'policy.local.yml', '--stage', 'local'];

describe('dlq explain', () => {
  test('explains every event of the project, one element per record, in their order', () => {
    const names = readdirSync(join(ROOT, 'events')).filter((name) => name.endsWith('.json'));
    const files = names.map((name) => join('events', name));
    const records = names.flatMap((name) => {
      const { Records } = z
        .object({ Records: z.array(z.looseObject({ messageId: z.string().optional() })) })
        .parse(JSON.parse(readFileSync(join(ROOT, 'events', name), 'utf8')));
      return Records;
    });
    const told = explained([...LOCAL, ...files]);
    expect(told).toHaveLength(records.length);
    told.forEach(({ id }, index) => {
      const messageId = records[index]?.messageId;
      if (messageId !== undefined) expect(id).toBe(messageId);
    });
  });

  test('gives the digest of exactly the bytes that would be sent', () => {
    const { Records } = z
      .object({ Records: z.array(z.object({ body: z.string() })) })
      .parse(JSON.parse(readFileSync(join(ROOT, 'events', 'connection-refused.json'), 'utf8')));
    const [told] = explained([...LOCAL, 'events/connection-refused.json']);
    const digest = createHash('sha256')
      .update(Records[0]?.body ?? '')
      .digest('hex');
    expect(told).toMatchObject({ action: 'wait', payloadSha256: digest, alert: false });
  });

  test('reads records and bodies that come without a message, from standard input too', () => {
    const payload = '{ "n": 42.50,  "big": 12345678901234567890 }';
    const record = destinationBody({
      payload,
      functionArn: 'arn:aws:lambda:us-east-1:999999999999:function:dead-letter-reprocessor-local-target',
    });
    const digest = createHash('sha256').update(payload).digest('hex');
    const [bare] = explained([...LOCAL, '-'], record);
    expect(bare).toMatchObject({
      id: '0a1b2c3d-0000-4000-8000-000000000001',
      form: 'lambda-destination',
      target: 'dead-letter-reprocessor-local-target',
      payloadSha256: digest,
    });
    const two = explained([...LOCAL, '-'], `[ ${record} ,\n{"hello":"world"}]`);
    expect(two.map(({ form, payloadSha256 }) => [form, payloadSha256])).toEqual([
      ['lambda-destination', digest],
      ['foreign', null],
    ]);
  });

  test('reads JSON Lines of cases', () => {
    const cases = [
      { id: 'c-1', form: 'lambda-dlq', error: { code: '200', message: 'connect ECONNREFUSED 10.0.0.7:443' } },
      {
        id: 'c-2',
        form: 'destination',
        error: {
          type: 'TypeError',
          message: "Cannot read properties of undefined (reading 'x')",
          stackTrace: [],
        },
      },
      { id: 'c-3', form: 'scheduler', error: { code: 429, condition: 'EventAgeExceeded' } },
    ];
    const told = explained([file('cases.jsonl', `${cases.map((one) => JSON.stringify(one)).join('\n')}\n`)]);
    expect(
      told.map(({ id, form, category, evidence, action, target }) => [
        id,
        form,
        category,
        evidence,
        action,
        target,
      ]),
    ).toEqual([
      ['c-1', 'lambda-dlq', 'transient', ['message'], 'wait', null],
      ['c-2', 'lambda-destination', 'defect', ['type', 'message'], 'park', null],
      ['c-3', 'scheduler', 'transient', ['code'], 'wait', null],
    ]);
  });

  test('says of what is no record that it is none', () => {
    const event =
      '{"Records":[null,{"messageId":"m-1"},{"messageId":"m-2","body":"{}","eventSource":"aws:sqs"}]}';
    expect(explained([file('mixed.json', event)]).map(({ id, form, rule }) => [id, form, rule])).toEqual([
      [null, 'unreadable', 'unreadable-record'],
      ['m-1', 'unreadable', 'unreadable-record'],
      ['m-2', 'foreign', 'intake-not-declared'],
    ]);
  });

  test('tells a person what it is, what claims it, what would happen, and what to do, and shows no payload', () => {
    const { code, stdout } = dlq(['explain', ...LOCAL, 'events/credentials-of-a-pipeline.json']);
    const text = stripVTControlCharacters(stdout);
    expect(code).toBe(0);
    expect(text).toContain('1. lambda-dlq ');
    expect(text).toMatch(/judged +transient, by the rule connection-refused, found in the error's message: /);
    expect(text).toMatch(/would +park \(holds-credentials\), and tell people/);
    expect(text).toMatch(/do +Decide by hand/);
    expect(text).not.toContain('not-a-real-secret-access-key');
  });

  test('is not to be led astray: nested lists end, and no id acts upon the terminal', () => {
    const nested = `${'['.repeat(30_000)}${']'.repeat(30_000)}`;
    expect(explained([file('nested.json', nested)]).map(({ form }) => form)).toEqual(['foreign']);
    const id = 'abc\u001b]0;pwned\u0007\n2. lambda-dlq forged';
    const record = destinationBody({ requestId: 'x' }).replace('"x"', JSON.stringify(id));
    const { stdout } = dlq(['explain', ...LOCAL, '-'], record);
    expect(stdout).not.toContain('\u001b]');
    expect(stdout).not.toContain('\n2. ');
  });

  test('says park where an adopted queue is only observed, and where nothing can wait', () => {
    const arn = 'arn:aws:sqs:eu-west-1:000000000000:old-dlq';
    const policyOf = (mode: string): string =>
      file(
        `adopted-${mode}.yml`,
        `targets: { orders: { invocation: async${mode === 'none' ? '' : `, mode: ${mode}`} } }\nintakes: { '${arn}': { target: orders } }\n`,
      );
    const event = JSON.stringify({
      Records: [dlqRecord({ queue: 'old-dlq', message: 'connect ECONNREFUSED 10.0.0.7:443' })],
    });
    const told = (mode: string): unknown[] =>
      explained(['--policy', policyOf(mode), '-'], event).map(({ action, reason, alert }) => [
        action,
        reason,
        alert,
      ]);
    expect(told('none')).toEqual([['park', 'observed', true]]);
    expect(told('act')).toEqual([['park', 'no-queue-to-wait-in', true]]);
  });

  test('knows what a form never holds, of cases too', () => {
    const lines = ['foreign', 'iot-rule', 'sqs-redrive', 'pipe'].map((form) =>
      JSON.stringify({ id: form, form, error: {} }),
    );
    expect(explained(['-'], lines.join('\n')).map(({ id, action, rule }) => [id, action, rule])).toEqual([
      ['foreign', 'archive', 'foreign-record'],
      ['iot-rule', 'archive', 'not-what-the-target-got'],
      ['sqs-redrive', 'reinvoke', 'redriven-by-sqs'],
      ['pipe', 'archive', 'not-in-this-message'],
    ]);
  });

  test('judges by another time when asked to', () => {
    const record = destinationBody({
      condition: 'EventAgeExceeded',
      message: 'jwt expired',
      functionArn: 'arn:aws:lambda:eu-west-1:000000000000:function:dead-letter-reprocessor-local-target',
    });
    const actionAt = (...now: string[]): string | undefined =>
      explained([...LOCAL, ...now, '-'], record)[0]?.action;
    expect(actionAt()).toBe('reinvoke');
    expect(actionAt('--now', '2027-11-24T10:00:00Z')).toBe('archive');
  });

  test('exits with 2 when an input cannot be read, names it, and explains the others all the same', () => {
    const { code, stdout, stderr } = dlq([
      'explain',
      '--json',
      ...LOCAL,
      'events/nowhere.json',
      file('broken.jsonl', '{"a":1}\n{"b":\n'),
      'events/own-timeout.json',
    ]);
    expect(code).toBe(2);
    expect(stderr).toContain('events/nowhere.json cannot be read');
    expect(stderr).toContain('broken.jsonl:2 is not JSON');
    expect(JSON.parse(stdout)).toHaveLength(1);
  });

  test('exits with 2 for wrong use, with 0 for help', () => {
    expect(dlq(['explain']).code).toBe(2);
    expect(dlq(['explain', '--jsn', 'x']).code).toBe(2);
    expect(dlq(['explian']).code).toBe(2);
    expect(dlq(['explain', '--now', 'soon', 'x'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('is no time'),
    });
    expect(dlq(['explain', '--policy', '/nowhere', 'x']).code).toBe(2);
    expect(
      dlq(['explain', '--policy', file('bad.yml', 'targets: { a: { invocation: asink } }\n'), 'x']).stderr,
    ).toContain('bad.yml:1:29 invocation must be');
    expect(dlq(['explain', '--help'])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('Touches nothing'),
    });
    expect(dlq(['--help']).code).toBe(0);
  });
});
