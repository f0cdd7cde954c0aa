import type { Fetched, Fetcher } from '../../src/recovery/ports.ts';
import type { Source } from '../../src/recovery/sources.ts';

/** Buckets and streams in memory, by bucket and key or by stream and first sequence number. */
export class MemoryFetcher implements Fetcher {
  readonly texts = new Map<string, string>();
  readonly asked: Source[] = [];

  async fetch(source: Source): Promise<Fetched> {
    this.asked.push(source);
    const name =
      source.kind === 'bucket' ? `${source.bucket}/${source.key}` : `${source.streamArn}@${source.start}`;
    const text = this.texts.get(name);
    return text === undefined ? { kind: 'gone', why: 'not-there' } : { kind: 'fetched', text };
  }
}
