import { beforeEach, describe, expect, test } from '@jest/globals';
import { problemOf } from '../../src/cli/deployment.ts';
import { Misuse } from '../../src/cli/misuse.ts';
import { auditPage, formatAudit } from '../../src/cli/operating/audit.ts';
import { formatPause, pressButton, type PauseQuery } from '../../src/cli/operating/pause.ts';
import { askForRelease, formatRelease, planRelease, unapplied } from '../../src/cli/operating/release.ts';
import type { Group } from '../../src/recovery/group.ts';
import { newTrial } from '../../src/recovery/release/circuit.ts';
import { MemoryDesk } from '../support/memory-desk.ts';
import { testPolicy } from '../support/test-policy.ts';

const NOW = Date.UTC(2026, 10, 24, 12);
const ANN = 'arn:aws:iam::000000000000:user/ann';
const group: Group = {
  key: 'orders|defect|0123',
  target: 'orders',
  category: 'defect',
  rule: 'r',
  cause: 'the cause',
  isManual: false,
};

let desk: MemoryDesk;

beforeEach(() => {
  desk = new MemoryDesk();
});

async function park(count: number): Promise<void> {
  await desk.ledger.closeGroup(group, NOW);
  const events = Array.from({ length: count }, (_, line) => {
    return { key: 'parked/v1/a', offsetBytes: 0, lengthBytes: 9, line };
  });
  await desk.ledger.point({ group: group.key, events, parkedAtMs: NOW, dueAtMs: null, newestDeathMs: NOW });
}

describe('a release', () => {
  test('is planned: how many, of what cause, to where, at what rate, how long at least', async () => {
    await park(95);
    const plan = await planRelease(desk, testPolicy, '0123');
    expect(plan).toEqual({
      group: group.key,
      target: 'orders',
      category: 'defect',
      cause: 'the cause',
      state: 'parked',
      parked: 95,
      held: null,
      to: 'the function orders',
      canaries: 3,
      ratePerSecond: 10,
      leastSeconds: 10,
    });
    expect(formatRelease(unapplied(plan, 'planned'))).toContain(
      'nothing has been done yet: add --yes to do it',
    );
    expect((await desk.circuits.live()).circuits).toMatchObject([{ asked: false }]);
    expect(desk.operations.recorded).toEqual([]);
    expect(desk.woken).toBe(0);
  });

  test('is asked for on record, and the releaser is woken', async () => {
    await park(1);
    const plan = await planRelease(desk, testPolicy, '0123');
    const report = await askForRelease(desk, plan, 'it is mended', NOW);
    expect(report).toMatchObject({ applied: true, outcome: 'asked', woken: true, canaries: 1 });
    expect((await desk.circuits.live()).circuits).toMatchObject([{ asked: true }]);
    expect(desk.operations.recorded).toMatchObject([
      { who: ANN, what: 'release', subject: group.key, reason: 'it is mended', atMs: NOW },
    ]);
    expect(desk.woken).toBe(1);
  });

  test('is asked for also when the releaser cannot be woken: it looks within a minute', async () => {
    await park(1);
    desk.waker.wake = () => Promise.reject(new Error('denied'));
    const report = await askForRelease(desk, await planRelease(desk, testPolicy, '0123'), 'r', NOW);
    expect(report).toMatchObject({ applied: true, woken: false });
    expect(formatRelease(report)).toContain('the releaser looks within a minute');
  });

  test('that is running already is left alone, and nothing is recorded', async () => {
    await park(1);
    const lease = { owner: 'a releaser', untilMs: NOW + 1 };
    const taken = await desk.circuits.take(group.key, lease, NOW);
    if (taken === null) throw new Error('not taken');
    await desk.circuits.save(taken, { on: 'probe-due', trial: newTrial('t', 'probe-due') }, lease, NOW);
    const report = await askForRelease(desk, await planRelease(desk, testPolicy, '0123'), 'r', NOW);
    expect(report).toMatchObject({ applied: false, outcome: 'under-way', state: 'probing' });
    expect(desk.operations.recorded).toEqual([]);
    expect(formatRelease(report)).toContain('nothing to do: it is being tried already (probing)');
  });

  test('of a group that goes meanwhile is not done, and says so', async () => {
    await park(1);
    const plan = await planRelease(desk, testPolicy, '0123');
    desk.circuits.rows.clear();
    const report = await askForRelease(desk, plan, 'r', NOW);
    expect(report).toMatchObject({ applied: false, outcome: 'gone', woken: false });
    expect(formatRelease(report)).toContain('not done: nothing is parked in it any more');
  });

  test('says what holds it back: the stop button, or a target that the policy does not declare', async () => {
    await park(1);
    await desk.operations.pause('orders', { who: ANN, reason: 'r', atMs: NOW });
    const paused = await planRelease(desk, testPolicy, '0123');
    expect(formatRelease(unapplied(paused, 'planned'))).toContain('nothing runs until dlq resume lets it');
    const undeclared = await planRelease(desk, { ...testPolicy, targets: [], intakes: [] }, '0123');
    expect(undeclared).toMatchObject({
      held: 'not-declared',
      to: null,
      ratePerSecond: null,
      leastSeconds: null,
    });
    expect(formatRelease(unapplied(undeclared, 'planned'))).toContain(
      'orders, which the policy does not declare',
    );
  });
});

describe('the stop button', () => {
  function press(query: Partial<PauseQuery>): ReturnType<typeof pressButton> {
    const whole = { what: 'pause', target: 'orders', reason: 'shut', isMeant: true, nowMs: NOW } as const;
    return pressButton(desk, testPolicy, { ...whole, ...query });
  }

  test('is not pressed by a plan', async () => {
    const report = await press({ isMeant: false });
    expect(report).toMatchObject({ applied: false, pauses: [] });
    expect(formatPause(report)).toContain('NOTHING HAS BEEN STOPPED YET: add --yes to do it');
    expect(await desk.operations.pauses()).toEqual([]);
    expect(desk.operations.recorded).toEqual([]);
  });

  test('stops a target or all, on record, and lets go', async () => {
    expect(await press({})).toMatchObject({ applied: true });
    expect(await press({ target: null })).toMatchObject({ applied: true });
    expect(await desk.operations.pauses()).toEqual([
      { target: 'orders', who: ANN, reason: 'shut', atMs: NOW },
      { target: null, who: ANN, reason: 'shut', atMs: NOW },
    ]);
    const resumed = await press({ what: 'resume', reason: 'open' });
    expect(formatPause(resumed)).toContain(
      `still paused: all targets, at 2026-11-24 12:00:00Z by ${ANN}, shut`,
    );
    expect(await press({ what: 'resume', target: null })).toMatchObject({ applied: true });
    expect(await desk.operations.pauses()).toEqual([]);
    expect(desk.operations.recorded.map(({ what, subject }) => `${what} ${subject}`)).toEqual([
      'pause orders',
      'pause all targets',
      'resume orders',
      'resume all targets',
    ]);
  });

  test('lets go of nothing where it is not pressed, and that is no act', async () => {
    const report = await press({ what: 'resume' });
    expect(report.applied).toBe(false);
    expect(formatPause(report)).toBe('nothing to do: no pause of orders is in force\n');
    expect(desk.operations.recorded).toEqual([]);
  });

  test('is not pressed for a target that nobody has declared: it would stop nothing', async () => {
    await expect(press({ target: 'ordres' })).rejects.toThrow('did you mean orders?');
    await expect(press({ target: 'payouts' })).rejects.toThrow('it declares orders');
    // One that was declared once can be let go of.
    await desk.operations.pause('payouts', { who: ANN, reason: 'r', atMs: NOW });
    expect(await press({ what: 'resume', target: 'payouts' })).toMatchObject({ applied: true });
  });
});

test('acts are shown newest first, in pages, with who and why', async () => {
  for (const n of [1, 2, 3]) {
    const act = { who: ANN, what: 'release', subject: `group ${n}`, reason: `reason ${n}`, atMs: NOW + n };
    await desk.operations.record(act);
  }
  const first = await auditPage(desk.operations, { after: null, limit: 2 });
  expect(first.acts).toMatchObject([
    { subject: 'group 3', at: '2026-11-24T12:00:00.003Z' },
    { subject: 'group 2' },
  ]);
  const rest = await auditPage(desk.operations, { after: first.next, limit: 2 });
  expect(rest).toMatchObject({ acts: [{ subject: 'group 1' }], next: null });
  expect(formatAudit(first)).toContain(`there are more: --after ${first.next}`);
  expect(formatAudit({ acts: [], next: null })).toBe('nobody has done anything\n');
});

/** An error as the SDK has it: of one class, told apart by its name. */
function named(name: string, message = 'its words', more = {}): Error {
  return Object.assign(new Error(message), { name, ...more });
}

describe('what AWS has against a call', () => {
  test.each([
    [named('CredentialsProviderError'), 'there are no credentials for reading'],
    [new Error('Region is missing'), 'there is no region for reading'],
    [named('ExpiredTokenException'), 'the credentials have expired: sign in again'],
    [named('UnrecognizedClientException'), 'AWS does not know these credentials'],
    [named('AccessDeniedException'), 'there is no permission for reading: its words'],
    [named('Error', '', { code: 'ECONNREFUSED' }), 'AWS cannot be reached for reading'],
    [named('TimeoutError'), 'AWS cannot be reached for reading'],
    [
      named('ValidationException', 'its words', { $metadata: {} }),
      'reading failed: ValidationException: its words',
    ],
  ])('is said with what to do: %s', (error, text) => {
    const problem = problemOf(error, 'reading');
    expect(problem).toBeInstanceOf(Misuse);
    expect(String(problem)).toContain(text);
  });

  test('and what is no word of its is left as it is', () => {
    const own = new TypeError('a mistake of ours');
    expect(problemOf(own, 'reading')).toBe(own);
    expect(problemOf('text', 'reading')).toBe('text');
  });
});
