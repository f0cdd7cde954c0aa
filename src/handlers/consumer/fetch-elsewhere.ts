import { readFetched } from '../../recovery/forms/read-letter.ts';
import { sourceOfEvent, type Source } from '../../recovery/sources.ts';
import { caseOf, subjectOf, type ReadableCase } from './case.ts';
import type { BatchRun } from './run.ts';

type Fetchable = { readonly subject: ReadableCase; readonly source: Source };

/**
 * Fetches the events that messages only tell the place of, before they are trimmed there, as far as the policy declares the
 * place. What is not there any more stays what it is, and is archived so. Gives the cases that go on.
 */
export async function fetchElsewhere(
  run: BatchRun,
  cases: readonly ReadableCase[],
): Promise<readonly ReadableCase[]> {
  const fetchable = cases.flatMap((subject) => {
    const source = sourceOfEvent(run.surroundings.policy, subject.event);
    return source === null ? [] : [{ subject, source }];
  });
  const known = new Set(fetchable.map(({ subject }) => subject));
  const fetched: ReadableCase[] = [];
  // One after the other: a shard gives few reads a second, and its live readers need them.
  for (const one of fetchable)
    fetched.push(...(await run.each('fetch', [one], subjectOf, (item) => fetchOne(run, item))));
  return [...cases.filter((subject) => !known.has(subject)), ...fetched];
}

async function fetchOne(run: BatchRun, { subject, source }: Fetchable): Promise<ReadableCase | null> {
  if (!run.hasTimeForCalls()) return run.settle(subject, { kind: 'returned', why: 'out-of-time' });
  const { policy, ports, nowMs } = run.surroundings;
  const result = await ports.fetcher.fetch(source);
  if (result.kind === 'gone') return subject;
  const { letter, index, intake, event } = subject;
  const read = readFetched(letter, event, result.text, policy, nowMs());
  const around = { intake, reportedTwice: subject.reportedTwice, policy, nowMs: nowMs() };
  return { ...caseOf(letter, index, read, around), fetched: result.text };
}
