import {
  alertId,
  causeKey,
  MOST_SAMPLES,
  type Filed,
  type PendingAlert,
  type SentAlerts,
  type Tally,
} from '../../src/recovery/alerts.ts';
import type { Outbox } from '../../src/recovery/ports.ts';

type Row = { total: Tally; alert: PendingAlert; isPending: boolean; leaseUntilMs: number };

const NOTHING: Tally = { parked: 0, archived: 0, held: 0 };
const HOUR_MS = 3_600_000;

/** The outbox in memory. */
export class MemoryOutbox implements Outbox {
  readonly #rows = new Map<string, Row>();
  readonly #sent = new Map<number, { alerts: number; digests: number }>();

  note({ cause, tally, text, samples }: Filed, nowMs: number): void {
    const row = this.#rows.get(causeKey(cause));
    const total = plus(row?.total ?? NOTHING, tally);
    const reported = row?.alert.reported ?? NOTHING;
    this.#rows.set(causeKey(cause), {
      total,
      isPending: true,
      leaseUntilMs: row?.leaseUntilMs ?? 0,
      alert: {
        id: alertId(cause, reported),
        cause,
        tally: minus(total, reported),
        text,
        samples: row?.isPending === true ? row.alert.samples : samples.slice(0, MOST_SAMPLES),
        firstAtMs: row?.isPending === true ? row.alert.firstAtMs : nowMs,
        lastAtMs: nowMs,
        lastAlertAtMs: row?.alert.lastAlertAtMs ?? null,
        reported,
      },
    });
  }

  async pending(): ReturnType<Outbox['pending']> {
    const alerts = [...this.#rows.values()].filter(({ isPending }) => isPending).map(({ alert }) => alert);
    return { alerts, unreadable: [] };
  }

  async take(alert: PendingAlert, nowMs: number, leaseUntilMs: number): Promise<boolean> {
    const row = this.#rows.get(causeKey(alert.cause));
    if (row === undefined || !row.isPending || row.alert.id !== alert.id || row.leaseUntilMs > nowMs)
      return false;
    row.leaseUntilMs = leaseUntilMs;
    return true;
  }

  async published(alert: PendingAlert, nowMs: number): Promise<void> {
    const row = this.#rows.get(causeKey(alert.cause));
    if (row === undefined || row.alert.id !== alert.id) return;
    const reported = plus(alert.reported, alert.tally);
    const left = minus(row.total, reported);
    row.isPending = left.parked + left.archived > 0;
    row.leaseUntilMs = 0;
    row.alert = {
      ...row.alert,
      id: alertId(alert.cause, reported),
      tally: left,
      firstAtMs: nowMs,
      lastAlertAtMs: nowMs,
      reported,
    };
  }

  async sent(nowMs: number): Promise<SentAlerts> {
    return this.#sent.get(hourOf(nowMs)) ?? { alerts: 0, digests: 0 };
  }

  async countSent(kind: keyof SentAlerts, nowMs: number): Promise<void> {
    await this.#addSent(kind, 1, nowMs);
  }

  async uncountSent(kind: keyof SentAlerts, nowMs: number): Promise<void> {
    await this.#addSent(kind, -1, nowMs);
  }

  async #addSent(kind: keyof SentAlerts, by: number, nowMs: number): Promise<void> {
    const sent = { ...(await this.sent(nowMs)) };
    sent[kind] += by;
    this.#sent.set(hourOf(nowMs), sent);
  }
}

function hourOf(nowMs: number): number {
  return Math.floor(nowMs / HOUR_MS);
}

function plus(a: Tally, b: Tally): Tally {
  return { parked: a.parked + b.parked, archived: a.archived + b.archived, held: a.held + b.held };
}

function minus(a: Tally, b: Tally): Tally {
  return { parked: a.parked - b.parked, archived: a.archived - b.archived, held: a.held - b.held };
}
