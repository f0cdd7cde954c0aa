import type { AcceptedRequest, RecordedIntent } from '../../src/recovery/history.ts';
import type { Act, DeathStanding, Operations, Pause, RecordedAct } from '../../src/recovery/ports.ts';

/** What the memory ledger shares with the side of it that people use. */
export type SharedRows = {
  readonly claims: ReadonlyMap<string, DeathStanding>;
  readonly intents: readonly RecordedIntent[];
  readonly requests: ReadonlyMap<string, AcceptedRequest>;
  /** Targets that are paused; `all` stands for every one. */
  readonly pauses: Set<string>;
};

/** The side of the ledger that people use, in memory. */
export class MemoryOperations implements Operations {
  readonly recorded: RecordedAct[] = [];
  readonly #shared: SharedRows;
  readonly #told = new Map<string, Omit<Pause, 'target'>>();

  constructor(shared: SharedRows) {
    this.#shared = shared;
  }

  async pauses(): Promise<readonly Pause[]> {
    return [...this.#shared.pauses].map((name) => ({
      target: name === 'all' ? null : name,
      ...(this.#told.get(name) ?? { who: null, reason: null, atMs: null }),
    }));
  }

  async pause(target: string | null, { who, reason, atMs }: Omit<Act, 'what' | 'subject'>): Promise<void> {
    this.#shared.pauses.add(target ?? 'all');
    this.#told.set(target ?? 'all', { who, reason, atMs });
  }

  async resume(target: string | null): Promise<boolean> {
    return this.#shared.pauses.delete(target ?? 'all');
  }

  async record(act: Act): Promise<void> {
    const id = `${String(act.atMs).padStart(15, '0')}-${String(this.recorded.length).padStart(9, '0')}`;
    this.recorded.push({ id, ...act });
  }

  async acts({ after, limit }: Parameters<Operations['acts']>[0]): Promise<readonly RecordedAct[]> {
    return this.recorded
      .toSorted((a, b) => (a.id > b.id ? -1 : 1))
      .filter(({ id }) => after === null || id < after)
      .slice(0, limit);
  }

  async deathStanding(deathId: string): Promise<DeathStanding | null> {
    const row = this.#shared.claims.get(deathId);
    return row === undefined ? null : { ending: row.ending, atMs: row.atMs };
  }

  async acceptedAs(requestId: string): Promise<AcceptedRequest | null> {
    return this.#shared.requests.get(requestId) ?? null;
  }

  async attempts({
    origin,
    target,
    payloadSha256,
  }: Parameters<Operations['attempts']>[0]): Promise<readonly RecordedIntent[]> {
    return this.#shared.intents
      .filter((one) => one.origin === origin && one.target === target && one.payloadSha256 === payloadSha256)
      .toSorted((a, b) => a.reinvocation - b.reinvocation);
  }
}
