import type { Rule } from './rule.ts';

/**
 * The codes with which EventBridge says why it could not deliver an event. Source: the EventBridge user guide, event
 * delivery, which also says which of them it expects a retry to solve.
 */
export const EVENT_DELIVERY: readonly Rule[] = [
  {
    name: 'eventbridge-delivery-failed',
    category: 'transient',
    codes: [
      'CONNECTION_FAILURE',
      'CROSS_ACCOUNT_INGESTION_FAILED',
      'EVENTS_IN_BATCH_REQUEST_REJECTED',
      'INTERNAL_ERROR',
      'RESOURCE_LIMIT_EXCEEDED',
      'RESOURCE_MODIFICATION_COLLISION',
      'SDK_CLIENT_ERROR',
      'THROTTLING',
      'TIMEOUT',
    ],
  },
  {
    name: 'eventbridge-not-allowed',
    category: 'misconfigured',
    codes: ['ACCESS_DENIED', 'FAILED_TO_ASSUME_ROLE', 'NO_PERMISSIONS', 'TRANSIENT_ASSUME_ROLE'],
  },
  {
    name: 'eventbridge-target-missing',
    category: 'misconfigured',
    codes: ['NO_RESOURCE', 'RESOURCE_ALREADY_EXISTS'],
  },
  {
    name: 'eventbridge-hops-too-far',
    category: 'misconfigured',
    codes: ['THIRD_ACCOUNT_HOP_DETECTED', 'THIRD_REGION_HOP_DETECTED'],
  },
  {
    // What the rule's input transformer made of the event: neither time nor the target makes it valid.
    name: 'eventbridge-input-not-valid',
    category: 'poison',
    codes: ['INVALID_JSON', 'INVALID_PARAMETER'],
  },
];
