import { describe, expect, test } from '@jest/globals';
import { Ajv } from 'ajv';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { parse } from 'yaml';
import { parsePolicy } from '../../src/policy/parse-policy.ts';
import { policySchema } from '../../src/policy/policy-schema.ts';

const ROOT = join(import.meta.dirname, '..', '..');
const validate = new Ajv({ strict: false, allErrors: true }).compile(policySchema());

const HEAD = 'targets: { orders: { invocation: async } }\nintakes: { q: { target: orders } }\n';

function bothOn(text: string): { readonly parser: boolean; readonly schema: boolean } {
  const parsed = parsePolicy(text, { stage: 'dev', region: null, ownQueues: null });
  return { parser: parsed.kind === 'policy', schema: validate(parse(text)) };
}

describe('the schema for editors', () => {
  test('lies beside the policy as it is generated: npm run schema', () => {
    const written: unknown = JSON.parse(readFileSync(join(ROOT, 'policy.schema.json'), 'utf8'));
    expect(written).toEqual(JSON.parse(JSON.stringify(policySchema())));
  });

  test.each(['policy.yml', 'policy.local.yml'])('takes %s, which refers to it', (file) => {
    const text = readFileSync(join(ROOT, file), 'utf8');
    expect(text).toContain('# yaml-language-server: $schema=./policy.schema.json');
    expect({ valid: validate(parse(text)), errors: validate.errors }).toEqual({ valid: true, errors: null });
  });

  /** What the parser says and what the schema says must not differ, where the schema can know. */
  test.each([
    ['', true],
    ['rules: [{ name: a, when: { error: { type: [x] }, payload: { b: [1] } }, category: poison }]\n', true],
    [
      'rules: [{ name: a, when: { $or: [{ form: [pipe] }, { source: [s3] }] }, do: park, release: manual }]\n',
      true,
    ],
    ['sources: { buckets: [dead-events] }\nalerts: { every: 15m }\n', true],
    ['defaults: { rate: 1000, concurrency: 100, stopAt: 0, observe: 4m }\n', true],
    ['defaults: { probes: { transient: [1m, 2m], poison: [] } }\n', true],
    ['defaults: { rate: 1001 }\n', false],
    ['defaults: { rate: 0.5 }\n', false],
    ['defaults: { concurrency: 101 }\n', false],
    ['defaults: { stopAt: 1.01 }\n', false],
    ['defaults: { observe: 240 }\n', false],
    ['defaults: { probes: { transient: 1m } }\n', false],
    ['defaults: { probes: { transient: [1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m, 1m] } }\n', false],
    ['defaults: { probes: { transcient: [1m] } }\n', false],
    ['rules: [{ name: a, when: { form: [pipe] } }]\n', false],
    ['rules: [{ name: a, when: { fom: [pipe] }, do: park }]\n', false],
    ['rules: [{ name: a, when: {}, do: park }]\n', false],
    ['rules: [{ when: { form: [pipe] }, do: park }]\n', false],
    ['rules: [{ name: a, when: { form: [pipe] }, do: drop }]\n', false],
    ['defaults: { maxAttempts: 6 }\n', false],
    ['defaults: { maxAge: soon }\n', false],
    ['alerts: { perHour: 0 }\n', false],
    ['sources: { buckets: [] }\n', false],
    ['unknown: 1\n', false],
  ])('agrees with the parser on: %s', (text, isRight) => {
    expect(bothOn(HEAD + text)).toEqual({ parser: isRight, schema: isRight });
  });

  test.each([
    ['rate: 50, concurrency: 10, stopAt: 0.2, observe: 4m, orderBy: customer.id, idempotent: false', true],
    ['queue: orders-in, rate: 1, orderBy: id', true],
    ['rate: 50/s', false],
    ['orderBy: [id]', false],
    ['orderBy: $.id', false],
    ['idempotent: 0', false],
  ])('agrees with the parser on a target with %s', (keys, isRight) => {
    const text = `targets: { orders: { ${keys} } }\nintakes: { q: { target: orders } }\n`;
    expect(bothOn(text)).toEqual({ parser: isRight, schema: isRight });
  });
});
