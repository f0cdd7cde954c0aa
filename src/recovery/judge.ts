import type { Judgement } from './category.ts';
import { classify } from './classify.ts';
import type { DeadEvent } from './dead-event.ts';

/** What must change before the event can succeed: first what the record itself shows, then what its error says. */
export function judge(event: DeadEvent): Judgement {
  if (event.intake === null) return { category: 'misconfigured', rule: 'intake-not-declared' };
  if (!event.senderIsDeclared) return { category: 'misconfigured', rule: 'sender-not-declared' };
  if (event.payload.kind === 'present') {
    return event.target === null
      ? { category: 'misconfigured', rule: 'target-not-declared' }
      : classify(event.error);
  }
  switch (event.payload.reason) {
    case 'foreign-record':
      return { category: 'unknown', rule: 'foreign-record' };
    case 'payload-not-json':
      return { category: 'poison', rule: 'payload-not-json' };
    case 'not-a-failure':
      return { category: 'poison', rule: 'not-a-failure' };
    case 'payload-missing':
      return classify(event.error);
  }
}
