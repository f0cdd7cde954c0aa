/** What only says that a name is an error's, and of which kind. */
const KINDS: ReadonlySet<string> = new Set(['exception', 'error', 'fault', 'failure']);

/** The longest patterns have four words. */
const MOST_WORDS = 4;

/** Names longer than this are no names of classes; the longest of the AWS services have about 60 characters. */
const NAME_CHARACTERS = 200;

/** How the SDKs quote the code of a service's error: botocore, the AWS SDKs for Go and for Java, and the older ones. */
const QUOTED_CODE = /An error occurred \((\w+)\) when calling|api error (\w+)|Error Code: (\w+)/;

/** Where the SDKs for Java, .NET and Ruby keep the classes that they make of services' errors. */
const SDK_PACKAGE =
  /^(?:software\.amazon\.awssdk\.services\.|com\.amazonaws\.services\.|Amazon\.\w+\.Model\.|(?:\w+<)?Aws::\w+::Errors::)/;

/**
 * Names of classes by the words that they are made of, `OrderNotFoundException` by `not found`: libraries and applications
 * call their errors by what happened, and no table can hold them all. Patterns: `*NotFound` is found at a name's end,
 * `Invalid*` at its beginning. What a name adds to say that it is an error does not count.
 */
export class ClassNames {
  readonly #ends = new Map<string, readonly number[]>();
  readonly #beginnings = new Map<string, readonly number[]>();

  /** Adds a pattern under an id. Throws on one without a star at one of its ends. */
  add(pattern: string, id: number): void {
    const isEnd = pattern.startsWith('*');
    if (isEnd === pattern.endsWith('*'))
      throw new Error(`A pattern has one star: ${JSON.stringify(pattern)}`);
    const index = isEnd ? this.#ends : this.#beginnings;
    const key = wordsOfName(pattern).join(' ');
    index.set(key, [...(index.get(key) ?? []), id]);
  }

  /** The ids of the patterns that the name of a class matches, packages and modules before it left out. */
  findIn(type: string): readonly number[] {
    const words = wordsOfName(ownName(type));
    const found: number[] = [];
    for (let count = 1; count <= Math.min(MOST_WORDS, words.length); count += 1) {
      found.push(...(this.#ends.get(words.slice(-count).join(' ')) ?? []));
      found.push(...(this.#beginnings.get(words.slice(0, count).join(' ')) ?? []));
    }
    return found;
  }
}

/** The code that an AWS SDK's message quotes; null where it quotes none. */
export function quotedServiceCode(message: string): string | null {
  const [, ...codes] = QUOTED_CODE.exec(message) ?? [];
  return codes.find((code) => code !== undefined) ?? null;
}

/** Whether the class is one that an AWS SDK made of a service's error. */
export function isServiceClass(type: string): boolean {
  return SDK_PACKAGE.test(type);
}

/** `com.acme.OrderTooOld`, `orders::OrderTooOld`, `*orders.OrderTooOld`, `Outer$OrderTooOld`, `Function<Orders::OrderTooOld>`. */
function ownName(type: string): string {
  return type.slice(0, NAME_CHARACTERS).match(/\w+/g)?.at(-1) ?? '';
}

function wordsOfName(name: string): readonly string[] {
  const words = (name.match(/[A-Z]+(?![a-z])|[A-Z]?[a-z]+/g) ?? []).map((word) => word.toLowerCase());
  while (KINDS.has(words.at(-1) ?? '')) words.pop();
  return words;
}
