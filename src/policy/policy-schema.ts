import { CATEGORIES } from '../recovery/category.ts';
import { ERROR_FACTS, FACTS } from '../recovery/facts.ts';
import { RULE_ACTIONS } from '../recovery/policy.ts';
import { FIELD_PATH } from './names.ts';

/**
 * The JSON Schema of `policy.yml`, for editors: what may be written where, and what it means. What only the parser can know,
 * such as whether a target is declared or a rule is ever reached, it does not say.
 */
export function policySchema(): Readonly<Record<string, unknown>> {
  return {
    $schema: 'http://json-schema.org/draft-07/schema#',
    title: 'Policy of the dead-letter reprocessor',
    type: 'object',
    required: ['targets', 'intakes'],
    additionalProperties: false,
    properties: {
      targets: map('All that the machine may hand an event to; nothing else is ever invoked.', TARGET),
      intakes: map('Queues on which dead events arrive, by name or ARN, and whose events they hold.', INTAKE),
      defaults: DEFAULTS,
      sources: SOURCES,
      rules: {
        description: 'The first that matches wins, before the built-in knowledge.',
        type: 'array',
        items: RULE,
      },
      alerts: ALERTS,
    },
    definitions: {
      duration: { type: 'string', pattern: '^\\d{1,9}[smhd]$', description: 'Such as 30s, 15m, 12h or 14d.' },
      pattern: {
        type: 'object',
        minProperties: 1,
        description:
          'An EventBridge event pattern: fields with lists of values, or with patterns of their own.',
      },
    },
  };
}

const DURATION = { $ref: '#/definitions/duration' };

const RELEASE = {
  rate: {
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    description: 'Parked events that are brought back within a second, at most.',
  },
  concurrency: {
    type: 'integer',
    minimum: 1,
    maximum: 100,
    description: 'Of them at the same time, at most.',
  },
  stopAt: {
    type: 'number',
    minimum: 0,
    maximum: 1,
    description: 'Share of what was brought back that may die again before the rest stays parked.',
  },
  observe: {
    allOf: [DURATION],
    description:
      'How long accepted events are watched for their death. Left out: as the target’s configuration says.',
  },
};

const TARGET = object('A function by its name, NAME:ALIAS or ARN; with `queue` a queue, under any name.', {
  invocation: { enum: ['sync', 'async', 'auto'], description: 'How events are handed to a function.' },
  queue: {
    type: 'string',
    description: 'Name or ARN of a queue: what SQS moved away from it goes back there.',
  },
  mode: {
    enum: ['act', 'observe'],
    description: 'observe: only say what would be done. The default for adopted queues.',
  },
  kmsKey: { type: 'string', description: 'ARN of the customer-managed key that the queue is under.' },
  ...RELEASE,
  orderBy: {
    type: 'string',
    pattern: FIELD_PATH.source,
    description:
      'Path of a field below the payload: of events with the same value in it, none overtakes another.',
  },
  idempotent: {
    type: 'boolean',
    description:
      'false: an event must not run twice. Only what provably never started is invoked again by the machine.',
  },
});

const INTAKE = {
  ...object('Whose events the queue holds where they do not say themselves.', {
    target: { type: 'string', description: 'A key of targets.' },
    topic: { type: 'string', description: 'Name of the topic that feeds the queue.' },
    senders: list('Unique ids of the only roles whose messages are taken, AROA…'),
    kmsKey: { type: 'string', description: 'ARN of the customer-managed key that the queue is under.' },
  }),
  required: ['target'],
};

const DEFAULTS = object('What holds where nothing else is said.', {
  maxAttempts: {
    type: 'integer',
    minimum: 1,
    maximum: 5,
    description: 'Re-invocations of one event by the machine.',
  },
  backoff: object('How long an event waits before it is handed over again.', {
    first: DURATION,
    factor: { type: 'number', minimum: 1, maximum: 10 },
    max: DURATION,
  }),
  maxAge: DURATION,
  ...RELEASE,
  probes: object(
    'By category the delays before parked events are tried again though nothing has changed; the last one repeats.',
    Object.fromEntries(
      CATEGORIES.map((category) => [category, { type: 'array', maxItems: 10, items: DURATION }]),
    ),
  ),
});

const SOURCES = object('What may be read where a message only tells the place of its event.', {
  streams: list('ARNs of Kinesis streams, DynamoDB streams or tables.'),
  buckets: list('Names of buckets that are destinations of functions.'),
});

const RULE = {
  ...object('What is known better here than by the built-in knowledge.', {
    name: { type: 'string', minLength: 1, description: 'Recorded with every event that the rule claims.' },
    when: {
      allOf: [{ $ref: '#/definitions/pattern' }],
      properties: {
        ...Object.fromEntries(FACTS.map((fact) => [fact, {}])),
        error: { properties: Object.fromEntries(ERROR_FACTS.map((fact) => [fact, {}])) },
        $or: { type: 'array', minItems: 2, items: { $ref: '#/definitions/pattern' } },
      },
      additionalProperties: false,
    },
    category: { enum: CATEGORIES, description: 'What must change before the same event can succeed.' },
    do: { enum: RULE_ACTIONS, description: 'Done instead of what the category says.' },
    release: { enum: ['auto', 'manual'], description: 'manual: only a person brings it back.' },
  }),
  required: ['name', 'when'],
  anyOf: [{ required: ['category'] }, { required: ['do'] }, { required: ['release'] }],
};

const ALERTS = object('How often people are told.', {
  every: DURATION,
  perHour: {
    type: 'integer',
    minimum: 1,
    maximum: 1000,
    description: 'Of all causes together; the rest is one digest.',
  },
});

function object(description: string, properties: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return { description, type: 'object', additionalProperties: false, properties };
}

function map(description: string, values: unknown): Record<string, unknown> {
  return { description, type: 'object', minProperties: 1, additionalProperties: values };
}

function list(description: string): Record<string, unknown> {
  return { description, type: 'array', minItems: 1, items: { type: 'string' } };
}
