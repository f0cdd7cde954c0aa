import { PRICES } from '../prices.ts';
import type { Api } from './latencies.ts';

/** Which part of the machine made a call: the mapping is Lambda's own. */
export type Part = 'intake' | 'releaser' | 'reporter' | 'mapping';

/** One call of AWS's API. Units are DynamoDB's: a write of up to 1 KB, a consistent read of up to 4 KB. */
export type ApiCall = { readonly api: Api; readonly readUnits?: number; readonly writeUnits?: number };

/** Counts what a storm costs. */
export class Tally {
  readonly #calls = new Map<Part, Map<Api, number>>();
  #readUnits = 0;
  #writeUnits = 0;
  #invocations = 0;
  #gigabyteSeconds = 0;
  #otherQueueRequests = 0;

  count(part: Part, { api, readUnits = 0, writeUnits = 0 }: ApiCall, times = 1): void {
    const ofPart = this.#calls.get(part) ?? new Map<Api, number>();
    ofPart.set(api, (ofPart.get(api) ?? 0) + times);
    this.#calls.set(part, ofPart);
    this.#readUnits += readUnits * times;
    this.#writeUnits += writeUnits * times;
  }

  /** Runs of a function that the recovery pays for: its own, and the target's that fail. */
  countRuns(count: number, megabytes: number, milliseconds: number): void {
    this.#invocations += count;
    this.#gigabyteSeconds += (count * megabytes * milliseconds) / 1024 / 1000;
  }

  /** Requests to SQS that neither our code nor the mapping makes: Lambda's own, of what dies again. */
  countQueueRequests(count: number): void {
    this.#otherQueueRequests += count;
  }

  callsOf(part: Part): Readonly<Partial<Record<Api, number>>> {
    return Object.fromEntries([...(this.#calls.get(part) ?? [])].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  totalOf(part: Part): number {
    return [...(this.#calls.get(part)?.values() ?? [])].reduce((sum, count) => sum + count, 0);
  }

  /** Calls of our code by service. */
  byService(): Readonly<Record<string, number>> {
    const services = new Map<string, number>();
    for (const part of ['intake', 'releaser', 'reporter'] as const) {
      for (const [api, count] of this.#calls.get(part) ?? []) {
        const service = api.slice(0, api.indexOf(' '));
        services.set(service, (services.get(service) ?? 0) + count);
      }
    }
    return Object.fromEntries([...services].toSorted(([a], [b]) => (a < b ? -1 : 1)));
  }

  dollars(): number {
    let puts = 0;
    let gets = 0;
    let queueRequests = this.#otherQueueRequests;
    let notices = 0;
    for (const ofPart of this.#calls.values()) {
      for (const [api, count] of ofPart) {
        if (api === 'S3 PutObject') puts += count;
        else if (api === 'S3 GetObject') gets += count;
        else if (api.startsWith('SQS ')) queueRequests += count;
        else if (api.startsWith('SNS ')) notices += count;
      }
    }
    return (
      (this.#readUnits * PRICES.millionReadUnits +
        this.#writeUnits * PRICES.millionWriteUnits +
        puts * PRICES.millionPuts +
        gets * PRICES.millionGets +
        queueRequests * PRICES.millionQueueRequests +
        notices * PRICES.millionNotices +
        this.#invocations * PRICES.millionInvocations) /
        1e6 +
      this.#gigabyteSeconds * PRICES.gigabyteSecond
    );
  }
}
