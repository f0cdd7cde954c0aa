import { isObject, ownProperty } from '../../recovery/json.ts';

/** Whether a resource's own policy lets somebody do something: `maybe` where it does so under conditions. */
export type Lets = 'yes' | 'maybe' | 'no';

/**
 * Whether a queue's or topic's policy itself lets a role do something, whatever the role's own policies say. A statement for the
 * whole account does not: it leaves the decision to those. Statements that deny are not looked at.
 */
export function letsRole(policy: unknown, roleArn: string, action: string): Lets {
  return strongest(allowing(policy, action).filter(({ principals }) => names(principals, roleArn)));
}

/** Whether it lets anybody at all, of any account. */
export function letsAnybody(policy: unknown, action: string): Lets {
  return strongest(allowing(policy, action).filter(({ principals }) => principals.includes('*')));
}

type Allowing = { readonly principals: readonly string[]; readonly isConditional: boolean };

function strongest(statements: readonly Allowing[]): Lets {
  if (statements.some(({ isConditional }) => !isConditional)) return 'yes';
  return statements.length > 0 ? 'maybe' : 'no';
}

function names(principals: readonly string[], roleArn: string): boolean {
  return principals.includes('*') || principals.includes(roleArn);
}

function allowing(policy: unknown, action: string): readonly Allowing[] {
  return list(ownProperty(policy, 'Statement'))
    .filter((statement) => ownProperty(statement, 'Effect') === 'Allow')
    .filter((statement) => texts(ownProperty(statement, 'Action')).some((pattern) => covers(pattern, action)))
    .map((statement) => ({
      principals: principalsOf(ownProperty(statement, 'Principal')),
      isConditional: isObject(ownProperty(statement, 'Condition')),
    }));
}

function principalsOf(principal: unknown): readonly string[] {
  return typeof principal === 'string' ? [principal] : texts(ownProperty(principal, 'AWS'));
}

/** Actions are matched without regard to case; SQS and SNS wrote `SQS:*` in policies of their own. */
function covers(pattern: string, action: string): boolean {
  const source = pattern.replaceAll(/[.+^${}()|[\]\\]/g, String.raw`\$&`);
  return new RegExp(`^${source.replaceAll('*', '.*').replaceAll('?', '.')}$`, 'i').test(action);
}

function texts(value: unknown): readonly string[] {
  return list(value).filter((one) => typeof one === 'string');
}

function list(value: unknown): readonly unknown[] {
  if (value === undefined) return [];
  return Array.isArray(value) ? value : [value];
}
