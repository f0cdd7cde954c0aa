import type { Judgement } from './category.ts';
import { classify } from './classify.ts';
import type { DeadEvent } from './dead-event.ts';

/** What must change before the event can succeed: first what the record itself shows, then what its error says. */
export function judge(event: DeadEvent): Judgement {
  if (event.intake === null) return { category: 'misconfigured', rule: 'intake-not-declared' };
  if (event.payload.kind === 'present') return classify(event.error);
  switch (event.payload.reason) {
    case 'foreign-record':
      return { category: 'unknown', rule: 'foreign-record' };
    case 'payload-not-json':
      return { category: 'poison', rule: 'payload-not-json' };
  }
}
