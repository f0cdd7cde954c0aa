import { DEATH_WINDOW_SECONDS, type Group } from '../../src/recovery/group.ts';
import { historyOf, type AcceptedRequest, type RecordedIntent } from '../../src/recovery/history.ts';
import type { Evidence } from '../../src/recovery/merge.ts';
import type { Filed } from '../../src/recovery/alerts.ts';
import type {
  Claim,
  Ending,
  Intent,
  Ledger,
  ParkedPointer,
  Registration,
  Standing,
  TrialOf,
} from '../../src/recovery/ports.ts';
import { MemoryCircuits } from './memory-circuits.ts';
import { MemoryOperations } from './memory-operations.ts';
import { MemoryOutbox } from './memory-outbox.ts';

type ClaimRow = {
  state: 'leased' | 'waiting' | 'done';
  owner: string;
  leaseUntilMs: number;
  dueAtMs: number | null;
  ending: Ending | null;
  /** When it ended. */
  atMs: number | null;
};

/** The ledger in memory. The contract suite holds it to what the table does. */
export class MemoryLedger implements Ledger {
  readonly circuits = new MemoryCircuits();
  readonly #deaths = new Map<string, number>();
  readonly claims = new Map<string, ClaimRow>();
  /** By target and payload, which is how they are looked for. */
  readonly #intents = new Map<string, readonly RecordedIntent[]>();
  readonly requests = new Map<string, AcceptedRequest>();
  readonly #evidence = new Map<string, Evidence>();
  readonly #looks = new Map<string, number>();
  /** Targets that are paused; `all` stands for every one. */
  readonly pauses = new Set<string>();
  readonly outbox = new MemoryOutbox();
  readonly operations = new MemoryOperations(this);

  async standing(groupKeys: readonly string[], targets: readonly string[], nowMs: number): Promise<Standing> {
    return {
      parked: new Set(groupKeys.filter((key) => this.circuits.isParked(key))),
      awaited: new Set(targets.filter((target) => (this.circuits.awaited.get(target) ?? 0) > nowMs)),
      paused: new Set(targets.filter((target) => this.pauses.has('all') || this.pauses.has(target))),
    };
  }

  async answers(deathIds: readonly string[]): Promise<ReadonlySet<string>> {
    return new Set(deathIds.filter((id) => this.requests.has(id)));
  }

  async looks(messageIds: readonly string[]): Promise<ReadonlyMap<string, number>> {
    return new Map([...this.#looks].filter(([messageId]) => messageIds.includes(messageId)));
  }

  async countLook(messageId: string): Promise<void> {
    this.#looks.set(messageId, (this.#looks.get(messageId) ?? 0) + 1);
  }

  async closeGroup(group: Group, nowMs: number): Promise<boolean> {
    return this.circuits.closeGroup(group, nowMs);
  }

  async register(registrations: readonly Registration[], nowMs: number): Promise<void> {
    this.circuits.register(registrations, nowMs);
  }

  /** Order keys that are held back: in which group, and since when the newest. */
  readonly held = new Map<string, { readonly group: Group; readonly newestMs: number }>();

  async holds(orderKeys: readonly string[]): Promise<ReadonlyMap<string, Group>> {
    return new Map(
      orderKeys.flatMap((key) => {
        const row = this.held.get(key);
        return row === undefined ? [] : [[key, row.group]];
      }),
    );
  }

  async hold(orderKey: string, group: Group, nowMs: number): Promise<void> {
    this.held.set(orderKey, { group: this.held.get(orderKey)?.group ?? group, newestMs: nowMs });
  }

  async unhold(orderKey: string, parkedAtMs: number): Promise<void> {
    if ((this.held.get(orderKey)?.newestMs ?? Infinity) <= parkedAtMs) this.held.delete(orderKey);
  }

  async countTrialDeath(trial: TrialOf, isSameCause: boolean): Promise<void> {
    this.circuits.countTrialDeath(trial, isSameCause);
  }

  async countDeaths(groupKey: string, count: number, nowMs: number): Promise<number> {
    const row = `${groupKey}#${Math.floor(nowMs / (DEATH_WINDOW_SECONDS * 1000))}`;
    const total = (this.#deaths.get(row) ?? 0) + count;
    this.#deaths.set(row, total);
    return total;
  }

  async uncountLook(messageId: string): Promise<void> {
    this.#looks.set(messageId, (this.#looks.get(messageId) ?? 0) - 1);
  }

  async claim(deathId: string, messageId: string, nowMs: number, leaseUntilMs: number): Promise<Claim> {
    const row = this.claims.get(deathId);
    if (row?.state === 'done') return { kind: 'done' };
    if (row?.state === 'waiting' && (row.dueAtMs ?? 0) > nowMs) {
      return { kind: 'not-yet', untilMs: row.dueAtMs ?? nowMs };
    }
    if (row?.state === 'leased' && row.leaseUntilMs > nowMs) {
      return { kind: 'not-yet', untilMs: row.leaseUntilMs };
    }
    const dueAtMs = row?.dueAtMs ?? null;
    const lease = { state: 'leased', owner: messageId, leaseUntilMs } as const;
    this.claims.set(deathId, { ...lease, dueAtMs, ending: null, atMs: null });
    return { kind: 'claimed', waited: dueAtMs !== null && dueAtMs <= nowMs, first: row === undefined };
  }

  async isInOtherHands(deathId: string, messageId: string): Promise<boolean> {
    const row = this.claims.get(deathId);
    return row !== undefined && row.state !== 'done' && row.owner !== messageId;
  }

  async postpone(deathId: string, messageId: string, dueAtMs: number): Promise<void> {
    Object.assign(this.#leased(deathId, messageId), { state: 'waiting', dueAtMs });
  }

  async finish(deathId: string, messageId: string, ending: Ending, nowMs: number): Promise<void> {
    Object.assign(this.#leased(deathId, messageId), { state: 'done', ending, atMs: nowMs });
  }

  #leased(deathId: string, messageId: string): ClaimRow {
    const row = this.claims.get(deathId);
    if (row?.state !== 'leased' || row.owner !== messageId) {
      throw new Error(`the lease on death ${deathId} has passed to another message`);
    }
    return row;
  }

  async recordEvidence(deathId: string, evidence: Evidence): Promise<void> {
    this.#evidence.set(deathId, evidence);
  }

  async evidence(deathIds: readonly string[]): Promise<ReadonlyMap<string, Evidence>> {
    return new Map([...this.#evidence].filter(([deathId]) => deathIds.includes(deathId)));
  }

  async history(death: Parameters<Ledger['history']>[0]): ReturnType<Ledger['history']> {
    const same = this.#intents.get(sameKey(death)) ?? [];
    return historyOf(death, this.requests.get(death.deathId) ?? null, same);
  }

  get intents(): readonly RecordedIntent[] {
    return [...this.#intents.values()].flat();
  }

  async intend(intent: Intent): Promise<void> {
    const same = this.#intents.get(sameKey(intent)) ?? [];
    if (same.some((other) => isThat(other, intent))) {
      throw new Error(`re-invocation ${intent.reinvocation} of ${intent.origin} is already recorded`);
    }
    this.#intents.set(sameKey(intent), [...same, { ...intent, requestId: null, died: false }]);
  }

  async accepted(intent: Intent, requestId: string): Promise<void> {
    const { origin, reinvocation, trial } = intent;
    this.requests.set(requestId, { origin, reinvocation, trial });
    this.#end(intent, [{ ...intent, requestId, died: false }]);
  }

  async succeeded(intent: Intent, requestId: string): Promise<void> {
    this.#end(intent, [{ ...intent, requestId, died: false }]);
  }

  async died(intent: Intent, requestId: string): Promise<void> {
    this.#end(intent, [{ ...intent, requestId, died: true }]);
  }

  async withdraw(intent: Intent): Promise<void> {
    this.#end(intent, []);
  }

  #end(intent: Intent, now: readonly RecordedIntent[]): void {
    const others = (this.#intents.get(sameKey(intent)) ?? []).filter((other) => !isThat(other, intent));
    const left = [...others, ...now];
    if (left.length === 0) this.#intents.delete(sameKey(intent));
    else this.#intents.set(sameKey(intent), left);
  }

  async point(pointer: ParkedPointer): Promise<void> {
    this.circuits.point(pointer);
  }

  async note(filed: Filed, nowMs: number): Promise<void> {
    this.outbox.note(filed, nowMs);
  }
}

function sameKey({ target, payloadSha256 }: Pick<Intent, 'target' | 'payloadSha256'>): string {
  return `${target}#${payloadSha256}`;
}

function isThat(recorded: Intent, { origin, reinvocation }: Intent): boolean {
  return recorded.origin === origin && recorded.reinvocation === reinvocation;
}
