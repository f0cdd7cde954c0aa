import { afterAll, beforeAll, describe, expect, test } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { stripVTControlCharacters } from 'node:util';
import { gzipSync } from 'node:zlib';
import { packLines } from '../../src/aws/archive-object.ts';
import { s3Client } from '../../src/aws/clients/s3.ts';
import { s3Archive } from '../../src/aws/s3-archive.ts';
import type { LocalAws } from '../../src/local/local-aws.ts';
import { entryWith } from '../contract/archive-contract.ts';
import { dlqBeside, type Ended } from '../support/dlq-command.ts';
import { dlqRecord } from '../support/dlq-record.ts';
import { NAMES, pointSdkAt, startLocalStack } from '../support/local-stack.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'dlq-policy-'));

function dlq(...args: string[]): { code: number | null; stdout: string; stderr: string } {
  const { status, stdout, stderr } = spawnSync(
    process.execPath,
    [join(ROOT, 'bin', 'dlq.js'), 'policy', ...args],
    {
      cwd: ROOT,
      encoding: 'utf8',
    },
  );
  return { code: status, stdout: stripVTControlCharacters(stdout), stderr };
}

function file(name: string, text: string): string {
  const path = join(scratch, name);
  writeFileSync(path, text);
  return path;
}

describe('dlq policy check', () => {
  test('finds nothing wrong with the project’s own policies', () => {
    expect(dlq('check')).toMatchObject({ code: 0, stdout: 'policy.yml is right\n' });
    expect(dlq('check', 'policy.local.yml', '--stage', 'local').code).toBe(0);
  });

  test('reports everything that is wrong, with its place, and exits with 1', () => {
    const wrong = file(
      'wrong.yml',
      'targets: { orders: { invocation: asink } }\nintakes: { q: { target: nobody } }\n',
    );
    const { code, stdout } = dlq('check', wrong);
    expect(code).toBe(1);
    expect(stdout).toContain('wrong.yml:1:34 invocation must be');
    expect(stdout).toContain('wrong.yml:2:25 target nobody is not declared');
    expect(JSON.parse(dlq('check', '--json', wrong).stdout)).toHaveLength(2);
  });

  test('exits with 2 when it cannot read the policy', () => {
    expect(dlq('check', '/nowhere').code).toBe(2);
  });
});

function line(id: string, message: string, category: unknown, retrySafe?: boolean): string {
  const error = { code: '200', message };
  return JSON.stringify({ id, form: 'lambda-dlq', error, expect: { category, retrySafe } });
}

describe('dlq policy test', () => {
  const REFUSED = 'connect ECONNREFUSED 10.0.0.7:443';

  test('exits with 0 when every case is judged as labelled, one category or several', () => {
    const cases = file(
      'right.jsonl',
      [
        line('a', REFUSED, 'transient', true),
        line('b', 'Validation failed: no total', ['defect', 'poison']),
      ].join('\n'),
    );
    const { code, stdout } = dlq('test', cases);
    expect(code).toBe(0);
    expect(stdout).toContain(
      '2 cases: 100.0 % right (50.0 % as the first category), 0.0 % falsely transient, 0.0 % needlessly unknown',
    );
  });

  test('judges a case by the policy’s rules over the facts that it gives, and no others', () => {
    const policy = file(
      'taught.yml',
      `targets: { orders: { invocation: async }, payouts: { invocation: async } }
intakes: { orders-dlq: { target: orders } }
rules:
  - { name: a, when: { target: [orders], payload: { total: [{ numeric: ['>', 9] }] } }, category: poison }
  - { name: b, when: { target: [{ anything-but: orders }] }, category: defect }
`,
    );
    const error = { code: '200', message: 'the north warehouse is shut' };
    const told = (facts: object, category: string): string =>
      JSON.stringify({ id: category, form: 'lambda-dlq', error, ...facts, expect: { category } });
    const cases = file(
      'taught.jsonl',
      [
        told({ target: 'orders', payload: { total: 10 } }, 'poison'),
        told({ target: 'payouts' }, 'defect'),
        told({}, 'unknown'),
      ].join('\n'),
    );
    const { code, stdout } = dlq('test', cases, '--policy', policy);
    expect({ code, stdout }).toMatchObject({ code: 0, stdout: expect.stringContaining('3 cases: 100.0 %') });
  });

  test('lists the misses, and exits with 1', () => {
    const cases = file(
      'missed.jsonl',
      [line('a', REFUSED, ['poison'], false), line('b', 'the north warehouse is shut', ['defect'])].join(
        '\n',
      ),
    );
    const { code, stdout } = dlq('test', cases);
    expect(code).toBe(1);
    expect(stdout).toContain('a: transient by connection-refused, expected poison');
    expect(stdout).toContain('50.0 % falsely transient, 50.0 % needlessly unknown');
    expect(JSON.parse(dlq('test', '--json', cases).stdout)).toMatchObject({
      cases: 2,
      right: 0,
      matrix: { poison: { transient: 1 }, defect: { unknown: 1 } },
    });
  });

  test('exits with 2, and says where, when a line is no labelled case', () => {
    const { code, stderr } = dlq(
      'test',
      file('broken.jsonl', `${line('a', REFUSED, 'transient')}\n{"form":"lambda-dlq","error":{}}\n`),
    );
    expect(code).toBe(2);
    expect(stderr).toContain('broken.jsonl:2 is no labelled case');
  });
});

describe('dlq policy match', () => {
  const PATTERN = '{"detail":{"total":[{"numeric":[">",40]}]}}';
  const EVENT = '{"detail":{"total":42.5}}';

  test('says of a pair whether it matches, as text or as files', () => {
    expect(dlq('match', PATTERN, EVENT)).toMatchObject({ code: 0, stdout: 'matches\n' });
    expect(dlq('match', PATTERN, '{"detail":{"total":4}}')).toMatchObject({
      code: 1,
      stdout: 'does not match\n',
    });
    expect(dlq('match', file('p.json', PATTERN), file('e.json', EVENT), '--json')).toMatchObject({
      code: 0,
      stdout: 'true\n',
    });
  });

  test('says of each line of a file whether it matches', () => {
    const cases = file(
      'pairs.jsonl',
      `{"pattern":${PATTERN},"event":${EVENT}}\n\n{"pattern":{"a":[1]},"event":[]}\n`,
    );
    expect(dlq('match', '--cases', cases, '--json')).toMatchObject({ code: 0, stdout: '[true,false]\n' });
  });

  test('exits with 2 for what cannot be read or used, and says where and why', () => {
    expect(dlq('match', '{"a":[{"contains":"x"}]}', EVENT)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('contains is no operator'),
    });
    expect(dlq('match', '{"a":', EVENT).code).toBe(2);
    expect(dlq('match', PATTERN).code).toBe(2);
    expect(dlq('match', 'no-such.json', EVENT)).toMatchObject({
      code: 2,
      stderr: 'no-such.json: the pattern is neither a file nor JSON text\n',
    });
    const { code, stderr } = dlq('match', '--cases', file('bad.jsonl', '{"pattern":{"a":[1]}}\n'));
    expect({ code, where: stderr.includes('bad.jsonl:1 is no case') }).toEqual({ code: 2, where: true });
  });
});

describe('dlq policy backtest', () => {
  const POLICY = `targets: { orders: { invocation: async } }
intakes: { orders-dlq: { target: orders } }
`;
  const TAUGHT = `${POLICY}rules:
  - { name: the warehouse opens again, when: { error: { message: [{ wildcard: '*warehouse*' }] } }, do: park }
`;

  /** An object as the consumer writes it, as far as the command reads it, in a folder like the bucket's; gives the folder. */
  function archiveOf(name: string, records: readonly unknown[]): string {
    const lines = records.map((record, index) => ({
      section: 'g',
      text: JSON.stringify({ v: 1, deathId: `death-${index + 1}`, record }),
    }));
    const path = join(scratch, 'archive', 'parked', 'v1', name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, packLines(lines).body);
    return join(scratch, 'archive');
  }

  const shut = Array.from({ length: 30 }, (_, n) =>
    dlqRecord({ message: `the north warehouse is shut: ${n}`, requestId: `shut-${n}-00000000` }),
  );
  const archive = archiveOf('a.jsonl.gz', [
    ...shut,
    dlqRecord({ message: 'connect ECONNREFUSED 10.0.0.7:443' }),
    'no message',
  ]);

  test('shows in groups what a changed policy would decide differently, and no payload', () => {
    const [present, changed] = [file('present.yml', POLICY), file('changed.yml', TAUGHT)];
    const { code, stdout, stderr } = dlq('backtest', changed, archive, '--policy', present);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain(
      '32 events of 1 archive objects: 30 would be decided differently; 1 are no messages',
    );
    const report: unknown = JSON.parse(
      dlq('backtest', '--json', changed, archive, '--policy', present).stdout,
    );
    expect(report).toMatchObject({
      files: 1,
      events: 32,
      unreadable: 1,
      changed: 30,
      differences: [
        {
          count: 30,
          before: { target: 'orders', category: 'unknown', rule: 'nothing-known', action: 'wait' },
          after: { target: 'orders', category: 'unknown', rule: 'the warehouse opens again', action: 'park' },
          samples: ['death-1', 'death-2', 'death-3'],
        },
      ],
    });
  });

  test('says that nothing differs between a policy and itself', () => {
    const present = file('itself.yml', POLICY);
    expect(dlq('backtest', present, archive, '--policy', present)).toEqual({
      code: 0,
      stdout:
        '32 events of 1 archive objects: 0 would be decided differently; 1 are no messages, of which no policy says anything\n',
      stderr: '',
    });
  });

  test('exits with 2 when there is no archive, or something else, and says where', () => {
    const present = file('p.yml', POLICY);
    expect(dlq('backtest', present, join(scratch, 'nowhere')).code).toBe(2);
    expect(dlq('backtest', present, file('text.jsonl.gz', '{}')).stderr).toContain(
      'text.jsonl.gz cannot be read',
    );
    const other = join(scratch, 'other.jsonl.gz');
    writeFileSync(other, gzipSync('{"deathId":"d"}\n'));
    expect(dlq('backtest', present, other)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('other.jsonl.gz:1 is no line of the archive'),
    });
  });

  test('exits with 2 when it is told to read both folders and a bucket, or neither', () => {
    const present = file('both.yml', POLICY);
    for (const args of [
      [],
      [archive, '--bucket', 'b'],
      [archive, '--since', '2026-11-24'],
      ['--bucket', 'b', '--until', '2026-11-31x'],
    ]) {
      expect(dlq('backtest', present, ...args).code).toBe(2);
    }
  });

  describe('of the bucket itself', () => {
    let aws: LocalAws;

    beforeAll(async () => {
      aws = await startLocalStack({ triggers: false });
      const restore = pointSdkAt(aws);
      const bucket = s3Archive(s3Client(), NAMES.archiveBucket);
      for (const day of [23, 24]) {
        const entries = shut.map((record, index) => entryWith('', { deathId: `${day}-${index}`, record }));
        await bucket.store('parked', entries, Date.UTC(2026, 10, day));
      }
      restore();
    });

    afterAll(() => aws.stop());

    function dlqThere(...args: string[]): Promise<Ended> {
      return dlqBeside(aws.environment, ['policy', 'backtest', ...args]);
    }

    test('reads what lies in it, all or of some days, and tells nobody of its progress who is no terminal', async () => {
      const [present, changed] = [file('there.yml', POLICY), file('there-changed.yml', TAUGHT)];
      const args = [changed, '--policy', present, '--bucket', NAMES.archiveBucket, '--json'];
      const all = await dlqThere(...args);
      expect(all).toMatchObject({ code: 0, stderr: '' });
      expect(JSON.parse(all.stdout)).toMatchObject({ files: 2, events: 60, changed: 60 });
      const some = await dlqThere(...args, '--prefix', 'parked/', '--since', '2026-11-24');
      expect(JSON.parse(some.stdout)).toMatchObject({
        files: 1,
        events: 30,
        differences: [{ count: 30, samples: ['24-0', '24-1', '24-2'] }],
      });
    });

    test('exits with 2 when there is nothing in it, or no such bucket, and says so', async () => {
      const present = file('there-nothing.yml', POLICY);
      expect(await dlqThere(present, '--bucket', NAMES.archiveBucket, '--until', '2026-11-01')).toMatchObject(
        {
          code: 2,
          stderr: expect.stringContaining(`no archive object (.jsonl.gz) in s3://${NAMES.archiveBucket}/`),
        },
      );
      expect(await dlqThere(present, '--policy', present, '--bucket', 'no-such-bucket')).toMatchObject({
        code: 2,
        stderr: expect.stringContaining('s3://no-such-bucket/ cannot be read: '),
      });
    });
  });
});
