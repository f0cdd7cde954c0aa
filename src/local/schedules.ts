import { randomUUID } from 'node:crypto';
import * as z from 'zod';
import type { AsyncQueue } from './lambda/async-queue.ts';
import { nameIn } from './lambda/function-definition.ts';
import type { LambdaService } from './lambda/lambda-service.ts';
import { parseProperties } from './template/parse-properties.ts';
import type { Account, Resource } from './template/read-template.ts';

const ruleSchema = z.looseObject({
  ScheduleExpression: z
    .string()
    .regex(/^rate\(\d+ (?:minute|hour|day)s?\)$/, 'only rate(…) schedules are modelled'),
  State: z.enum(['ENABLED', 'DISABLED']).default('ENABLED'),
  Targets: z.array(z.strictObject({ Arn: z.string(), Id: z.string() })),
});

const UNIT_SECONDS = { minute: 60, hour: 3600, day: 86_400 } as const;

type Schedule = {
  readonly ruleName: string;
  readonly everySeconds: number;
  readonly functions: readonly string[];
};

/** The enabled schedules of a template. Throws for an expression or a target that is not modelled. */
export function schedulesOf(resources: readonly Resource[]): readonly Schedule[] {
  return resources
    .filter(({ type }) => type === 'AWS::Events::Rule')
    .map((resource) => ({ ruleName: resource.logicalId, rule: parseProperties(ruleSchema, resource) }))
    .filter(({ rule }) => rule.State === 'ENABLED')
    .map(({ ruleName, rule }) => ({
      ruleName,
      everySeconds: secondsOf(rule.ScheduleExpression),
      functions: rule.Targets.map(({ Arn }) => nameIn(Arn)),
    }));
}

function secondsOf(expression: string): number {
  const [, count = '1', unit = 'minute'] = /(\d+) (minute|hour|day)/.exec(expression) ?? [];
  const unitSeconds =
    unit === 'day' ? UNIT_SECONDS.day : unit === 'hour' ? UNIT_SECONDS.hour : UNIT_SECONDS.minute;
  return Number(count) * unitSeconds;
}

/** However fast time goes, one run must be able to end before the next begins. */
const LEAST_INTERVAL_MS = 1_000;

/** Runs the schedules, `speed` times as often as they say. Gives the way to stop them. */
export function startSchedules(
  schedules: readonly Schedule[],
  around: {
    readonly speed: number;
    readonly account: Account;
    readonly lambda: LambdaService;
    readonly queue: AsyncQueue;
  },
): () => void {
  const timers = schedules.map(({ ruleName, everySeconds, functions }) =>
    setInterval(
      () => {
        for (const name of functions) {
          const called = around.lambda.find(name, null);
          if (called !== null)
            around.queue.accept(called, JSON.stringify(scheduledEvent(ruleName, around.account)));
        }
      },
      Math.max(LEAST_INTERVAL_MS, (everySeconds * 1000) / around.speed),
    ),
  );
  return () => timers.forEach((timer) => clearInterval(timer));
}

/** The event of a scheduled rule. Source: the EventBridge user guide. */
function scheduledEvent(ruleName: string, { region, accountId }: Account): Record<string, unknown> {
  return {
    version: '0',
    id: randomUUID(),
    'detail-type': 'Scheduled Event',
    source: 'aws.events',
    account: accountId,
    time: `${new Date().toISOString().slice(0, 'YYYY-MM-DDTHH:MM:SS'.length)}Z`,
    region,
    resources: [`arn:aws:events:${region}:${accountId}:rule/${ruleName}`],
    detail: {},
  };
}
