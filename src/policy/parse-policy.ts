import { isMap, type Node } from 'yaml';
import type {
  CompiledPolicy,
  IntakePolicy,
  InvocationMode,
  QueueTarget,
  ReleasePolicy,
  TargetMode,
  TargetPolicy,
} from '../recovery/policy.ts';
import {
  fillStage,
  isBucketName,
  isKmsKeyArn,
  isPrincipalId,
  isStreamArn,
  isTopicName,
  readFieldPath,
  readFunctionReference,
  readQueueReference,
  type QueueReference,
} from './names.ts';
import { PolicyReader } from './policy-reader.ts';
import type { Problem } from './problems.ts';
import { PROBES, readProbes, readRelease, RELEASE, RELEASE_KEYS } from './release.ts';
import { readRules } from './rules.ts';
import type { Entry } from './yaml-reader.ts';

export type ParsedPolicy =
  | { readonly kind: 'policy'; readonly policy: CompiledPolicy }
  | { readonly kind: 'problems'; readonly problems: readonly Problem[] };

/** Lambda stops a chain of invocations near 16; a re-invocation may run three times, so five is the most that is safe. */
const MOST_ATTEMPTS = 5;
/** SQS hides a message for at most twelve hours. */
const LONGEST_WAIT_SECONDS = 12 * 3600;
/** SQS keeps a message for at most fourteen days: nothing in an intake can be older. */
const LONGEST_AGE_SECONDS = 14 * 86_400;
const LARGEST_FACTOR = 10;
/** Longer than a day, and nobody would call it an alert. */
const LONGEST_QUIET_SECONDS = 86_400;

const DEFAULTS: CompiledPolicy['defaults'] = {
  maxAttempts: 4,
  backoff: { firstSeconds: 30, factor: 2, maxSeconds: 15 * 60 },
  maxAgeSeconds: LONGEST_AGE_SECONDS,
  release: RELEASE,
  probes: PROBES,
};

/**
 * An hour: long enough that nobody mutes it, short enough that a growing cause is seen to grow. Ten: more within an hour
 * nobody reads.
 */
const ALERTS: CompiledPolicy['alerts'] = { everySeconds: 3600, perHour: 10 };
const MOST_ALERTS_PER_HOUR = 1000;

const NO_SOURCES: CompiledPolicy['sources'] = { streams: [], buckets: [] };

/** The policy that says nothing: the defaults of everything, and no target. */
export const NOTHING_DECLARED: CompiledPolicy = {
  targets: [],
  intakes: [],
  defaults: DEFAULTS,
  rules: [],
  sources: NO_SOURCES,
  alerts: ALERTS,
};

/** What is known of the stack that the policy is for. */
export type PolicyPlace = {
  readonly stage: string;
  /** Null where it is not known: then the region of an intake's ARN is not checked. */
  readonly region: string | null;
  /**
   * Names of the queues that the stack makes: an intake that is none of them is an adopted one. Null where they are not
   * known: then every queue that is named, not given by its ARN, is taken for one of them.
   */
  readonly ownQueues: readonly string[] | null;
};

/**
 * Parses and checks a policy file for one stage. Everything that is wrong is reported at once, in the order of the file:
 * unknown keys, duplicates, impossible values, an intake without a declared target.
 */
export function parsePolicy(text: string, place: PolicyPlace): ParsedPolicy {
  const reader = new PolicyReader(text);
  const policy = new PolicyParser(reader, place).parse();
  const { problems } = reader;
  return problems.length > 0 ? { kind: 'problems', problems } : { kind: 'policy', policy };
}

class PolicyParser {
  readonly #reader: PolicyReader;
  readonly #place: PolicyPlace;
  /** Targets as written, the wrong ones too: an intake that names one of those is not wrong itself. */
  readonly #written = new Set<string>();

  constructor(reader: PolicyReader, place: PolicyPlace) {
    this.#reader = reader;
    this.#place = place;
  }

  parse(): CompiledPolicy {
    const { root } = this.#reader;
    const fields = this.#reader.fields(root, null, 'the policy', [
      'targets',
      'intakes',
      'defaults',
      'sources',
      'rules',
      'alerts',
    ]);
    const defaults = this.#defaults(fields.get('defaults'));
    const targets = this.#targets(
      this.#section(root, fields, 'targets', 'name the functions that events may be handed to'),
      defaults.release,
    );
    const intakes = this.#intakes(
      this.#section(root, fields, 'intakes', 'name the queues on which dead events arrive'),
      targets,
    );
    const alerts = fields.get('alerts');
    const sources = fields.get('sources');
    const rules = fields.get('rules');
    return {
      targets,
      intakes,
      defaults,
      rules:
        rules === undefined
          ? []
          : readRules(this.#reader, rules, {
              targets: targets.map(({ key }) => key),
              intakes: intakes.map(({ key }) => key),
              stage: this.#place.stage,
            }),
      sources: sources === undefined ? NO_SOURCES : this.#sources(sources),
      alerts: alerts === undefined ? ALERTS : this.#alerts(alerts),
    };
  }

  #targets(entries: readonly Entry[], otherwise: ReleasePolicy): TargetPolicy[] {
    return this.#named(entries, 'targets').flatMap(({ name, entry }): readonly TargetPolicy[] => {
      this.#written.add(name);
      const fields = this.#reader.fields(entry.value, entry.keyNode, `target ${name}`, [
        'invocation',
        'mode',
        'queue',
        'kmsKey',
        ...RELEASE_KEYS,
        'orderBy',
        'idempotent',
      ]);
      const mode = this.#mode(fields.get('mode'));
      const release = readRelease(this.#reader, fields, otherwise);
      const orderBy = this.#orderBy(fields.get('orderBy'));
      const queue = fields.get('queue');
      const kmsKey = this.#kmsKey(fields.get('kmsKey'));
      if (queue !== undefined)
        return this.#queueTarget(name, queue, fields, { mode, kmsKey, release, orderBy });
      if (kmsKey !== null) {
        this.#reader.problem(
          fields.get('kmsKey')?.keyNode ?? null,
          `target ${name} is a function: no key of ours is needed`,
        );
      }
      const invocation = this.#invocation(fields.get('invocation'));
      const isIdempotent = this.#isIdempotent(fields.get('idempotent'));
      const reference = readFunctionReference(name);
      if (typeof reference === 'string') {
        this.#reader.problem(entry.keyNode, reference);
        return [];
      }
      return [
        { kind: 'function', key: name, ...reference, invocation, mode, release, orderBy, isIdempotent },
      ];
    });
  }

  #invocation(entry: Entry | undefined): InvocationMode {
    if (entry === undefined) return 'auto';
    const mode = this.#reader.scalar(entry.value);
    if (mode === 'sync' || mode === 'async' || mode === 'auto') return mode;
    this.#reader.problem(entry.value ?? entry.keyNode, 'invocation must be sync, async or auto');
    return 'auto';
  }

  /** The key is any name; the queue stands beside it. */
  #queueTarget(
    key: string,
    entry: Entry,
    fields: ReadonlyMap<string, Entry>,
    rest: Pick<QueueTarget, 'mode' | 'kmsKey' | 'release' | 'orderBy'>,
  ): readonly TargetPolicy[] {
    const ofFunctions = {
      invocation: 'it is sent to, not invoked',
      idempotent: 'who reads a queue must bear a message twice anyway',
    };
    for (const [name, why] of Object.entries(ofFunctions)) {
      const written = fields.get(name);
      if (written !== undefined) this.#reader.problem(written.keyNode, `target ${key} is a queue: ${why}`);
    }
    const name = this.#name(entry.value);
    const queue =
      name === null ? 'queue must be the name or the ARN of a queue' : readQueueReference(name, null);
    if (typeof queue !== 'string') return [{ kind: 'queue', key, ...queue, ...rest }];
    this.#reader.problem(entry.value ?? entry.keyNode, queue);
    return [];
  }

  #mode(entry: Entry | undefined): TargetMode | null {
    if (entry === undefined) return null;
    const mode = this.#reader.scalar(entry.value);
    if (mode === 'act' || mode === 'observe') return mode;
    this.#reader.problem(entry.value ?? entry.keyNode, 'mode must be act or observe');
    return null;
  }

  #orderBy(entry: Entry | undefined): readonly string[] | null {
    if (entry === undefined) return null;
    const path = readFieldPath(this.#reader.text(entry.value) ?? '');
    if (path === null) {
      this.#reader.problem(
        entry.value ?? entry.keyNode,
        'orderBy must be the path of a field below the payload, such as customer.id',
      );
    }
    return path;
  }

  #isIdempotent(entry: Entry | undefined): boolean {
    const value = entry === undefined ? true : this.#reader.scalar(entry.value);
    if (typeof value === 'boolean') return value;
    this.#reader.problem(
      entry?.value ?? entry?.keyNode ?? null,
      'idempotent must be true, or false where an event must not run twice',
    );
    return true;
  }

  #intakes(entries: readonly Entry[], targets: readonly TargetPolicy[]): IntakePolicy[] {
    return this.#named(entries, 'intakes').flatMap(({ name, entry }) => {
      const queue = readQueueReference(name, this.#place.region);
      if (typeof queue === 'string') this.#reader.problem(entry.keyNode, queue);
      const fields = this.#reader.fields(entry.value, entry.keyNode, `intake ${name}`, [
        'target',
        'topic',
        'senders',
        'kmsKey',
      ]);
      const targetNode = this.#required(
        entry.keyNode,
        fields,
        'target',
        `intake ${name} holds events that do not name their function`,
      );
      if (targetNode === null) return [];
      const target = this.#name(targetNode);
      if (target === null || !this.#written.has(target)) {
        const declared = targets.map(({ key }) => key).join(', ') || 'none';
        const wrong = target === null ? 'target must be a name' : `target ${target} is not declared`;
        this.#reader.problem(targetNode, `${wrong}: write one that stands under targets (${declared})`);
        return [];
      }
      const topic = this.#topic(fields.get('topic'));
      const senders = this.#senders(fields.get('senders'));
      const kmsKey = this.#kmsKey(fields.get('kmsKey'));
      if (topic !== null && senders !== null) {
        this.#reader.problem(
          fields.get('senders')?.keyNode ?? null,
          'senders: what a topic feeds is sent by SNS, whoever published it; close the topic by its policy instead',
        );
      }
      if (typeof queue === 'string') return [];
      return [{ key: name, ...queue, adopted: this.#isAdopted(queue), target, topic, senders, kmsKey }];
    });
  }

  #isAdopted({ queueName, queueArn }: QueueReference): boolean {
    const { ownQueues } = this.#place;
    return queueArn !== null || (ownQueues !== null && !ownQueues.includes(queueName));
  }

  #senders(entry: Entry | undefined): readonly string[] | null {
    if (entry === undefined) return null;
    const senders = this.#reader.texts(entry.value);
    if (senders?.every(isPrincipalId) === true) return senders;
    this.#reader.problem(
      entry.value ?? entry.keyNode,
      'senders must be a list of unique role ids, such as [AROAEXAMPLEEXAMPLE123]; see: aws iam get-role',
    );
    return null;
  }

  #kmsKey(entry: Entry | undefined): string | null {
    if (entry === undefined) return null;
    const arn = this.#reader.text(entry.value);
    if (arn !== null && isKmsKeyArn(arn)) return arn;
    this.#reader.problem(
      entry.value ?? entry.keyNode,
      'kmsKey must be the ARN of the key that the queue is under: arn:aws:kms:REGION:ACCOUNT:key/ID',
    );
    return null;
  }

  #topic(entry: Entry | undefined): string | null {
    if (entry === undefined) return null;
    const name = this.#name(entry.value);
    if (name !== null && isTopicName(name)) return name;
    this.#reader.problem(
      entry.value ?? entry.keyNode,
      'topic must be the name of the topic that feeds the queue',
    );
    return null;
  }

  #defaults(entry: Entry | undefined): CompiledPolicy['defaults'] {
    if (entry === undefined) return DEFAULTS;
    const fields = this.#reader.fields(entry.value, entry.keyNode, 'defaults', [
      'maxAttempts',
      'backoff',
      'maxAge',
      ...RELEASE_KEYS,
      'probes',
    ]);
    return {
      maxAttempts:
        this.#reader.number(fields.get('maxAttempts'), {
          least: 1,
          most: MOST_ATTEMPTS,
          whole: true,
          why: "Lambda's guard stops longer chains",
        }) ?? DEFAULTS.maxAttempts,
      backoff: this.#backoff(fields.get('backoff')),
      maxAgeSeconds:
        this.#reader.seconds(fields.get('maxAge'), LONGEST_AGE_SECONDS, 'SQS keeps a message for 14 days') ??
        DEFAULTS.maxAgeSeconds,
      release: readRelease(this.#reader, fields, RELEASE),
      probes: readProbes(this.#reader, fields.get('probes')),
    };
  }

  #sources(entry: Entry): CompiledPolicy['sources'] {
    const fields = this.#reader.fields(entry.value, entry.keyNode, 'sources', ['streams', 'buckets']);
    return {
      streams: this.#list(
        fields.get('streams'),
        isStreamArn,
        'streams must be a list of ARNs of Kinesis streams, DynamoDB streams or tables',
      ),
      buckets: this.#list(fields.get('buckets'), isBucketName, 'buckets must be a list of names of buckets'),
    };
  }

  #list(entry: Entry | undefined, isOne: (text: string) => boolean, wrong: string): readonly string[] {
    if (entry === undefined) return [];
    const texts = this.#reader.texts(entry.value)?.map((text) => fillStage(text, this.#place.stage) ?? '');
    if (texts?.every(isOne) === true) return texts;
    this.#reader.problem(entry.value ?? entry.keyNode, wrong);
    return [];
  }

  #alerts(entry: Entry): CompiledPolicy['alerts'] {
    const fields = this.#reader.fields(entry.value, entry.keyNode, 'alerts', ['every', 'perHour']);
    const why = 'one alert a day of one cause is the least';
    return {
      everySeconds:
        this.#reader.seconds(fields.get('every'), LONGEST_QUIET_SECONDS, why) ?? ALERTS.everySeconds,
      perHour:
        this.#reader.number(fields.get('perHour'), {
          least: 1,
          most: MOST_ALERTS_PER_HOUR,
          whole: true,
          why: 'nobody reads more, and with none nobody is told',
        }) ?? ALERTS.perHour,
    };
  }

  #backoff(entry: Entry | undefined): CompiledPolicy['defaults']['backoff'] {
    if (entry === undefined) return DEFAULTS.backoff;
    const fields = this.#reader.fields(entry.value, entry.keyNode, 'backoff', ['first', 'factor', 'max']);
    const limit = 'SQS hides a message for at most 12 hours';
    const firstSeconds =
      this.#reader.seconds(fields.get('first'), LONGEST_WAIT_SECONDS, limit) ?? DEFAULTS.backoff.firstSeconds;
    const maxSeconds =
      this.#reader.seconds(fields.get('max'), LONGEST_WAIT_SECONDS, limit) ?? DEFAULTS.backoff.maxSeconds;
    const factor =
      this.#reader.number(fields.get('factor'), {
        least: 1,
        most: LARGEST_FACTOR,
        whole: false,
        why: 'a wait must not shrink, nor leap to its maximum at once',
      }) ?? DEFAULTS.backoff.factor;
    if (firstSeconds > maxSeconds) {
      const unsaid = (key: string) => (fields.has(key) ? '' : ' when nothing is said');
      this.#reader.problem(
        entry.value,
        `backoff: first (${firstSeconds}s${unsaid('first')}) is longer than max (${maxSeconds}s${unsaid('max')})`,
      );
    }
    return { firstSeconds, factor, maxSeconds };
  }

  /** Entries whose keys are names, with the stage filled in. Two that become the same name are reported. */
  #named(entries: readonly Entry[], what: string): { name: string; entry: Entry }[] {
    const seen = new Set<string>();
    return entries.flatMap((entry) => {
      const name = fillStage(entry.key, this.#place.stage);
      if (name === null) {
        this.#reader.problem(entry.keyNode, `${entry.key}: {stage} is the only placeholder`);
        return [];
      }
      if (seen.has(name)) {
        this.#reader.problem(entry.keyNode, `${name} stands twice in ${what}: remove one`);
        return [];
      }
      seen.add(name);
      return [{ name, entry }];
    });
  }

  /** A name with the stage filled in; null when it is none. */
  #name(node: Node | null): string | null {
    const text = this.#reader.text(node);
    return text === null ? null : fillStage(text, this.#place.stage);
  }

  /** The entries of a section that every policy has. An empty one is reported: the stack would do nothing, and not deploy. */
  #section(
    root: Node | null,
    fields: ReadonlyMap<string, Entry>,
    key: string,
    why: string,
  ): readonly Entry[] {
    const entry = fields.get(key);
    if (entry === undefined) {
      this.#reader.problem(root, `${key} is missing: ${why}`);
      return [];
    }
    const entries = this.#reader.entries(entry.value, entry.keyNode, key);
    if (isMap(entry.value) && entries.length === 0) {
      this.#reader.problem(entry.keyNode, `${key} is empty: ${why}`);
    }
    return entries;
  }

  #required(at: Node | null, fields: ReadonlyMap<string, Entry>, key: string, why: string): Node | null {
    const entry = fields.get(key);
    if (entry?.value !== undefined && entry.value !== null) return entry.value;
    this.#reader.problem(entry?.keyNode ?? at, `${key} is missing: ${why}`);
    return null;
  }
}
