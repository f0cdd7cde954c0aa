import { isObject, type JsonObject } from './json.ts';
import type { Answer, Call, Service } from './front.ts';

/**
 * SQS, with the attribute DeadLetterQueueSourceArn on what a redrive policy has moved. The stand-in moves messages and keeps
 * their ids, but does not say where they come from; so it is remembered which queue each was sent to.
 */
export function withRedriveSource(sqs: Service, arnPrefix: string): Service {
  const sentTo = new Map<string, string>();
  return async (call) => {
    const answer = await sqs(call);
    const queue = queueIn(parse(call.requestBody));
    if (answer.status !== 200 || queue === null) return answer;
    switch (call.action) {
      case 'SendMessage':
      case 'SendMessageBatch':
        for (const id of idsIn(parse(answer.body))) sentTo.set(id, queue);
        return answer;
      case 'ReceiveMessage':
        return withSources(call, answer, (id) => {
          const source = sentTo.get(id);
          return source === undefined || source === queue ? null : `${arnPrefix}${source}`;
        });
      default:
        return answer;
    }
  };
}

function withSources(call: Call, answer: Answer, sourceOf: (messageId: string) => string | null): Answer {
  const body = parse(answer.body);
  const messages: unknown = body?.['Messages'];
  if (!Array.isArray(messages) || !asksFor(parse(call.requestBody))) return answer;
  const marked = messages.map((message: unknown) => {
    const source = isObject(message) ? sourceOf(String(message['MessageId'])) : null;
    if (!isObject(message) || source === null) return message;
    const attributes = isObject(message['Attributes']) ? message['Attributes'] : {};
    return { ...message, Attributes: { ...attributes, DeadLetterQueueSourceArn: source } };
  });
  const text = JSON.stringify({ ...body, Messages: marked });
  return { ...answer, headers: withoutLength(answer.headers), body: Buffer.from(text) };
}

function asksFor(request: JsonObject | null): boolean {
  const names = [request?.['AttributeNames'], request?.['MessageSystemAttributeNames']].flat();
  return names.includes('All') || names.includes('DeadLetterQueueSourceArn');
}

function idsIn(answer: JsonObject | null): readonly string[] {
  const entries: unknown = answer?.['Successful'];
  const list: readonly unknown[] = Array.isArray(entries) ? entries : [answer];
  return list.flatMap((entry) =>
    isObject(entry) && typeof entry['MessageId'] === 'string' ? [entry['MessageId']] : [],
  );
}

function queueIn(request: JsonObject | null): string | null {
  const url: unknown = request?.['QueueUrl'];
  return typeof url === 'string' ? (url.split('/').at(-1) ?? null) : null;
}

function withoutLength(headers: Answer['headers']): Answer['headers'] {
  return Object.fromEntries(
    Object.entries(headers).filter(([name]) => name.toLowerCase() !== 'content-length'),
  );
}

function parse(body: Buffer): JsonObject | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) ? value : null;
  } catch {
    return null; // the older protocol, which no SDK of today speaks
  }
}
