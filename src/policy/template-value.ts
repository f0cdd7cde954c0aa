import { createHash } from 'node:crypto';

/** A value of a CloudFormation template: plain JSON. */
export type TemplateValue =
  string | number | boolean | readonly TemplateValue[] | { readonly [key: string]: TemplateValue };

/** A reference to a resource or to a pseudo parameter such as `AWS::Region`. */
export function ref(name: string): TemplateValue {
  return { Ref: name };
}

/** A logical id from a digest of a name: names may hold what logical ids may not. */
export function logicalId(kind: string, name: string): string {
  const DIGEST_LETTERS = 12;
  return `${kind}${createHash('sha256').update(name).digest('hex').slice(0, DIGEST_LETTERS)}`;
}
