/** Names of functions and queues as a policy may write them. Sources: the API models of Lambda and SQS. */

/** A Lambda function's name. */
const FUNCTION_NAME = /^[A-Za-z0-9_-]{1,64}$/;
/** An alias or a version. A version is digits only; an alias must not be. */
const QUALIFIER = /^(?:[0-9]{1,20}|[A-Za-z0-9_-]{1,128})$/;
const FUNCTION_ARN = /^(arn:[a-z-]+:lambda:[a-z0-9-]+:\d{12}:function:[A-Za-z0-9_-]{1,64})(?::([^:]+))?$/;
const QUEUE_NAME = /^[A-Za-z0-9_-]{1,80}$/;

export type FunctionReference = { readonly functionName: string; readonly qualifier: string | null };

/** Fills in the stage. Null when another placeholder stands in the text. */
export function fillStage(text: string, stage: string): string | null {
  const filled = text.replaceAll('{stage}', stage);
  return /[{}]/.test(filled) ? null : filled;
}

/** Reads `NAME`, `NAME:QUALIFIER` or a function's full ARN; a text that says what is wrong when it is none of them. */
export function readFunctionReference(text: string): FunctionReference | string {
  const arn = FUNCTION_ARN.exec(text);
  const [name, qualifier, ...rest] = text.startsWith('arn:') ? [arn?.[1], arn?.[2]] : text.split(':');
  if (name === undefined || rest.length > 0)
    return `${text} is no function: write NAME, NAME:ALIAS or a full ARN`;
  if (arn === null && !FUNCTION_NAME.test(name)) {
    return `${name} is no function name: letters, digits, - and _ only, at most 64`;
  }
  if (qualifier === undefined) return { functionName: name, qualifier: null };
  if (qualifier === '$LATEST') return `${text}: leave $LATEST out, the name alone means it`;
  if (!QUALIFIER.test(qualifier)) return `${text}: "${qualifier}" is neither an alias nor a version`;
  return { functionName: name, qualifier };
}

/** What is wrong with an intake's name, null when nothing is. */
export function queueNameProblem(text: string): string | null {
  if (text.startsWith('arn:')) {
    return `${text}: intakes are queues of this stack, by name; adopting a queue by its ARN comes with a later version`;
  }
  if (text.endsWith('.fifo')) return `${text}: Lambda's dead-letter queues are standard queues, never FIFO`;
  if (QUEUE_NAME.test(text)) return null;
  return `${text} is no queue name: letters, digits, - and _ only, at most 80`;
}
