import { isObject } from '../json.ts';

/** What references in a template resolve to. Each throws, naming what it cannot find. */
export type References = {
  readonly ref: (name: string) => unknown;
  readonly attribute: (logicalId: string, attribute: string) => unknown;
};

/** Marks a property that `AWS::NoValue` takes away. */
const NO_VALUE = Symbol('AWS::NoValue');

/**
 * Resolves the intrinsic functions of a template's value: Ref, Fn::GetAtt, Fn::Join, Fn::Sub. Throws for any other,
 * naming the path at which it stands.
 */
export function resolveIntrinsics(value: unknown, references: References, path: string): unknown {
  const resolved = resolve(value, references, path);
  return resolved === NO_VALUE ? undefined : resolved;
}

function resolve(value: unknown, references: References, path: string): unknown {
  if (Array.isArray(value)) {
    return value
      .map((item, index) => resolve(item, references, `${path}[${index}]`))
      .filter((item) => item !== NO_VALUE);
  }
  if (!isObject(value)) return value;
  const keys = Object.keys(value);
  const [only] = keys;
  if (keys.length === 1 && only !== undefined && (only === 'Ref' || only.startsWith('Fn::'))) {
    return callIntrinsic(only, value[only], references, path);
  }
  const entries = Object.entries(value)
    .map(([key, item]) => [key, resolve(item, references, `${path}.${key}`)] as const)
    .filter(([, item]) => item !== NO_VALUE);
  return Object.fromEntries(entries);
}

function callIntrinsic(name: string, argument: unknown, references: References, path: string): unknown {
  switch (name) {
    case 'Ref':
      return argument === 'AWS::NoValue' ? NO_VALUE : references.ref(String(argument));
    case 'Fn::GetAtt': {
      const [logicalId, ...attribute] = Array.isArray(argument) ? argument : String(argument).split('.');
      return references.attribute(String(logicalId), attribute.join('.'));
    }
    case 'Fn::Join':
      return join(argument, references, path);
    case 'Fn::Sub':
      return substitute(argument, references, path);
    default:
      throw new Error(`the local AWS does not resolve ${name}, which stands at ${path}`);
  }
}

function join(argument: unknown, references: References, path: string): string {
  const [separator, parts]: unknown[] = Array.isArray(argument) ? argument : [];
  const resolved = resolve(parts, references, path);
  if (typeof separator !== 'string' || !Array.isArray(resolved)) {
    throw new Error(`Fn::Join at ${path} needs a separator and a list`);
  }
  return resolved.map(String).join(separator);
}

function substitute(argument: unknown, references: References, path: string): string {
  if (typeof argument !== 'string') throw new Error(`Fn::Sub at ${path} is resolved only for plain text`);
  return argument.replace(/\$\{([^}!]+)\}/g, (_, name: string) => {
    const [logicalId = name, ...attribute] = name.split('.');
    const found =
      attribute.length === 0 ? references.ref(name) : references.attribute(logicalId, attribute.join('.'));
    return String(found);
  });
}
