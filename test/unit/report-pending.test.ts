import { describe, expect, test } from '@jest/globals';
import { reportPending, type ReporterRun } from '../../src/handlers/reporter/report-pending.ts';
import type { Cause, Notice } from '../../src/recovery/alerts.ts';
import { MemoryOutbox } from '../support/memory-outbox.ts';

const START_MS = 1_790_000_000_000;
const MINUTE_MS = 60_000;
const HOUR_MS = 3_600_000;
const TIMEOUT_MS = 30_000;

/** An outbox, a topic, a clock, and a reporter that can be stopped at any call. */
class World {
  nowMs = START_MS;
  readonly outbox = new MemoryOutbox();
  readonly notices: Notice[] = [];
  readonly failures: unknown[] = [];
  isDown = false;
  calls = 0;

  note(rule: string, parked = 1): void {
    const cause: Cause = { target: 'orders', intake: null, category: 'defect', rule };
    this.outbox.note(
      { cause, tally: { parked, archived: 0, held: 0 }, text: 'some cause', samples: [] },
      this.nowMs,
    );
  }

  /** Runs the reporter. With `stopAt` it never gets the answer of that call: its sandbox is gone. */
  async run(
    stopAt: { readonly call: number; readonly side: 'before' | 'after' } | null = null,
  ): Promise<void> {
    this.calls = 0;
    const { promise: stop, resolve: stopped } = Promise.withResolvers<void>();
    const guard = <A extends unknown[], R>(effect: (...args: A) => Promise<R>) => {
      return async (...args: A): Promise<R> => {
        const isStop = ++this.calls === stopAt?.call;
        if (isStop && stopAt.side === 'after') await effect(...args);
        if (!isStop) return effect(...args);
        stopped();
        return new Promise<R>(() => {});
      };
    };
    const { outbox } = this;
    const run: ReporterRun = {
      outbox: {
        pending: guard(() => outbox.pending()),
        take: guard((alert, nowMs, untilMs) => outbox.take(alert, nowMs, untilMs)),
        published: guard((alert, nowMs) => outbox.published(alert, nowMs)),
        sent: guard((nowMs) => outbox.sent(nowMs)),
        countSent: guard((kind, nowMs) => outbox.countSent(kind, nowMs)),
        uncountSent: guard((kind, nowMs) => outbox.uncountSent(kind, nowMs)),
      },
      publisher: {
        publish: guard(async (notice) => {
          if (this.isDown) throw new Error('the topic does not answer');
          this.notices.push(notice);
        }),
      },
      sender: { service: 's', region: 'r', archiveBucket: 'b' },
      limits: { everySeconds: 3600, perHour: 10 },
      nowMs: () => this.nowMs,
      deadlineMs: this.nowMs + TIMEOUT_MS,
      onFailure: (error) => this.failures.push(error),
    };
    await Promise.race([reportPending(run), stop]);
  }
}

describe('the reporter', () => {
  test('tells of each cause once, whatever the number of events and runs', async () => {
    const world = new World();
    world.note('a', 40);
    world.note('b');
    await world.run();
    world.nowMs += MINUTE_MS;
    await world.run();
    expect(world.notices.map(({ subject }) => subject)).toEqual([
      '[40 dead events] orders: defect, a',
      '[1 dead event] orders: defect, b',
    ]);
  });

  test('counts what comes within the hour into one next alert', async () => {
    const world = new World();
    world.note('a');
    await world.run();
    for (let minute = 1; minute < 60; minute++) {
      world.nowMs += MINUTE_MS;
      world.note('a', 2);
      await world.run();
    }
    expect(world.notices).toHaveLength(1);
    world.nowMs += MINUTE_MS;
    await world.run();
    expect(world.notices.map(({ subject }) => subject).at(-1)).toContain('[118 dead events]');
    expect(world.notices).toHaveLength(2);
  });

  test('makes ten alerts and one digest of a flood, and of the rest another in the next hour', async () => {
    const world = new World();
    for (let n = 0; n < 40; n++) world.note(`cause-${n}`);
    await world.run();
    expect(world.notices.map(({ attributes }) => attributes['kind'])).toEqual([
      ...Array.from({ length: 10 }, () => 'alert'),
      'digest',
    ]);
    for (let n = 40; n < 50; n++) world.note(`cause-${n}`);
    await world.run();
    expect(world.notices).toHaveLength(11);
    world.nowMs += HOUR_MS;
    await world.run();
    expect(world.notices).toHaveLength(21);
  });

  test('says so when an alert cannot be published, and publishes it when the lease is over', async () => {
    const world = new World();
    world.note('a');
    world.isDown = true;
    await world.run();
    expect(world.failures).toHaveLength(1);
    world.isDown = false;
    world.nowMs += MINUTE_MS;
    await world.run();
    expect(world.notices).toHaveLength(1);
  });

  test('uses up no alert of the hour by what could not be published', async () => {
    const world = new World();
    world.note('a');
    world.isDown = true;
    for (let minute = 0; minute < 30; minute++) {
      await world.run();
      world.nowMs += MINUTE_MS;
    }
    expect(world.failures).toHaveLength(30); // each run says so: the alarm on it stays red
    world.isDown = false;
    await world.run();
    expect(world.notices).toHaveLength(1);
  });

  test('stopped at any call loses no alert, and repeats one only between publishing and clearing, under its id', async () => {
    const whole = new World();
    whole.note('a', 3);
    whole.note('b');
    await whole.run();
    expect(whole.calls).toBeGreaterThan(8);
    for (const side of ['before', 'after'] as const) {
      for (let call = 1; call <= whole.calls; call++) {
        const world = new World();
        world.note('a', 3);
        world.note('b');
        await world.run({ call, side });
        world.nowMs += MINUTE_MS;
        await world.run();
        const ids = world.notices.map(({ id }) => id);
        expect({ call, side, ids: new Set(ids) }).toEqual({
          call,
          side,
          ids: new Set(whole.notices.map(({ id }) => id)),
        });
        expect(ids.length - new Set(ids).size).toBeLessThanOrEqual(1);
        expect((await world.outbox.pending()).alerts).toEqual([]);
      }
    }
  });

  test('beside another one publishes nothing twice', async () => {
    const world = new World();
    for (let n = 0; n < 5; n++) world.note(`cause-${n}`);
    await Promise.all([world.run(), world.run()]);
    expect(world.notices).toHaveLength(5);
  });
});
