/** What came of one record: who has the event now. */
export type Outcome =
  /** Its next owner has it, proven: the message may leave the queue. */
  | { readonly kind: 'done'; readonly how: 'reinvoked' | 'parked' | 'archived' | 'duplicate' }
  /** Nobody else has it for certain: the message goes back to the queue. */
  | { readonly kind: 'returned'; readonly why: ReturnReason; readonly error?: string };

export type ReturnReason =
  /** Its due time has not come. */
  | 'waiting'
  /** Another delivery of the same death is at work on it, or waits. */
  | 'in-other-hands'
  /** The target could not take it just now; no attempt was made. */
  | 'refused'
  /** The target may or may not have taken it. */
  | 'uncertain'
  /** Begun in another batch, apart from what may have crashed the consumer. */
  | 'held-back'
  /** Its FIFO group's earlier message goes back, and it must not pass that. */
  | 'behind-another'
  /** Too little time was left to begin with it. */
  | 'out-of-time'
  /** Something of ours failed; `error` names it. */
  | 'failed';
