import type { OwnFigures } from './figures.ts';

/** What one storm of one target is to come to at most, or at least. */
export type Aim = {
  readonly aim: string;
  readonly measured: number;
  readonly isMet: boolean;
};

const MOST_CALLS = 200;
const MOST_CALLS_PER_THOUSAND = 10;
const MOST_ALERTS = 3;
const LEAST_SHARE = 0.95;

export function aimsOf(figures: OwnFigures): readonly Aim[] {
  const { callsToFailingTargets, intakeCallsPerThousand, alerts, shareOfRate, mended, back } = figures;
  return [
    atMost(`at most ${MOST_CALLS} calls to the target that is down`, callsToFailingTargets, MOST_CALLS),
    atMost(
      `at most ${MOST_CALLS_PER_THOUSAND} API calls of the intake per 1,000 events`,
      intakeCallsPerThousand ?? Infinity,
      MOST_CALLS_PER_THOUSAND,
    ),
    atMost(`at most ${MOST_ALERTS} alerts`, alerts, MOST_ALERTS),
    {
      aim: `brought back at ${LEAST_SHARE * 100} % of the policy's rate or faster`,
      measured: shareOfRate ?? 0,
      isMet: (shareOfRate ?? 0) >= LEAST_SHARE,
    },
    { aim: 'all back', measured: back, isMet: back === mended },
    atMost('none lost', figures.lost, 0),
    atMost('none run twice', figures.ranTwice, 0),
    atMost('none altered', figures.altered, 0),
  ];
}

function atMost(aim: string, measured: number, most: number): Aim {
  return { aim, measured, isMet: measured <= most };
}
