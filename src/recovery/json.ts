/** Narrowing of parsed JSON, which is `unknown` until looked at. */

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The own property's value, or undefined: a key such as "__proto__" in hostile input never reaches the prototype. */
export function ownProperty(value: unknown, key: string): unknown {
  return isObject(value) && Object.hasOwn(value, key) ? value[key] : undefined;
}

/** The own property when it is a non-empty string, else null. */
export function ownString(value: unknown, key: string): string | null {
  const found = ownProperty(value, key);
  return typeof found === 'string' && found !== '' ? found : null;
}

/** Undefined when the text is no JSON, which no JSON text means. */
export function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
