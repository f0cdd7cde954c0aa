import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { Service } from './front.ts';
import type { AsyncQueue } from './lambda/async-queue.ts';
import { nameIn } from './lambda/function-definition.ts';
import type { LambdaService } from './lambda/lambda-service.ts';
import { parseProperties } from './template/parse-properties.ts';
import type { Resource } from './template/read-template.ts';

const subscriptionSchema = z.looseObject({
  TopicArn: z.string(),
  Protocol: z.string(),
  Endpoint: z.string(),
});

/** Functions subscribed to topics, by the topic's ARN. The SNS stand-in delivers to queues only. */
export function functionSubscribers(resources: readonly Resource[]): ReadonlyMap<string, readonly string[]> {
  const subscriptions = resources
    .filter(({ type }) => type === 'AWS::SNS::Subscription')
    .map((subscription) => parseProperties(subscriptionSchema, subscription))
    .filter(({ Protocol }) => Protocol === 'lambda');
  const byTopic = Map.groupBy(subscriptions, ({ TopicArn }) => TopicArn);
  return new Map([...byTopic].map(([topic, list]) => [topic, list.map(({ Endpoint }) => nameIn(Endpoint))]));
}

/** SNS, with every message that it takes also handed, asynchronously, to the functions that are subscribed. */
export function withFunctionSubscribers(
  sns: Service,
  subscribers: ReadonlyMap<string, readonly string[]>,
  { lambda, queue }: { readonly lambda: LambdaService; readonly queue: AsyncQueue },
): Service {
  return async (call) => {
    const answer = await sns(call);
    const form = new URLSearchParams(call.requestBody.toString('utf8'));
    const topicArn = form.get('TopicArn');
    if (answer.status !== 200 || form.get('Action') !== 'Publish' || topicArn === null) return answer;
    const messageId = /<MessageId>([^<]+)</.exec(answer.body.toString('utf8'))?.[1] ?? randomUUID();
    for (const functionName of subscribers.get(topicArn) ?? []) {
      const called = lambda.find(functionName, null);
      if (called !== null) queue.accept(called, JSON.stringify(snsEvent(topicArn, messageId, form)));
    }
    return answer;
  };
}

/** The event that a subscribed function gets. Source: the Lambda developer guide, SNS. */
function snsEvent(topicArn: string, messageId: string, form: URLSearchParams): Record<string, unknown> {
  const record = {
    EventSource: 'aws:sns',
    EventVersion: '1.0',
    EventSubscriptionArn: `${topicArn}:${randomUUID()}`,
    Sns: {
      Type: 'Notification',
      MessageId: messageId,
      TopicArn: topicArn,
      Subject: form.get('Subject'),
      Message: form.get('Message') ?? '',
      Timestamp: new Date().toISOString(),
      SignatureVersion: '1',
      Signature: 'local',
      SigningCertUrl: 'https://sns.local/certificate.pem',
      UnsubscribeUrl: 'https://sns.local/unsubscribe',
      MessageAttributes: attributesIn(form),
    },
  };
  return { Records: [record] };
}

function attributesIn(form: URLSearchParams): Record<string, { Type: string; Value: string }> {
  const attributes: Record<string, { Type: string; Value: string }> = {};
  for (let index = 1; ; index++) {
    const entry = `MessageAttributes.entry.${index}`;
    const name = form.get(`${entry}.Name`);
    if (name === null) return attributes;
    const Type = form.get(`${entry}.Value.DataType`) ?? 'String';
    const Value = form.get(`${entry}.Value.StringValue`) ?? form.get(`${entry}.Value.BinaryValue`) ?? '';
    attributes[name] = { Type, Value };
  }
}
