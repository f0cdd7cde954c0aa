import type { Fetcher } from '../../recovery/ports.ts';
import type { BucketSource, Source, StreamSource } from '../../recovery/sources.ts';

/** One way of reading for each kind of source. Null when it is not there any more. */
export type Ways = {
  readonly bucket: (source: BucketSource) => Promise<string | null>;
  readonly kinesis: (source: StreamSource) => Promise<string | null>;
  readonly dynamodb: (source: StreamSource) => Promise<string | null>;
};

/** Errors that say that nobody will get it, by this name or with these rights; any other is tried again. */
const GONE = new Set([
  'NoSuchKey',
  'NoSuchBucket',
  'ResourceNotFoundException',
  'TrimmedDataAccessException',
  'InvalidArgumentException',
  'ValidationException',
  'AccessDenied',
  'AccessDeniedException',
]);

/** Fetches events from where their messages say that they are. */
export function fetcherBy(ways: Ways): Fetcher {
  return {
    fetch: async (source) => {
      try {
        const text = await read(ways, source);
        return text === null ? { kind: 'gone', why: 'not-there' } : { kind: 'fetched', text };
      } catch (error) {
        const name = error instanceof Error ? error.name : '';
        if (GONE.has(name)) return { kind: 'gone', why: name };
        throw error;
      }
    },
  };
}

function read(ways: Ways, source: Source): Promise<string | null> {
  switch (source.kind) {
    case 'bucket':
      return ways.bucket(source);
    case 'kinesis':
      return ways.kinesis(source);
    case 'dynamodb':
      return ways.dynamodb(source);
  }
}
