import type { Command } from 'commander';
import { readFunctionReference } from '../policy/names.ts';
import type { CompiledPolicy } from '../recovery/policy.ts';
import { diagnose } from './doctor/doctor.ts';
import { formatDiagnosis } from './doctor/format-diagnosis.ts';
import type { Asked } from './doctor/gather.ts';
import { Misuse } from './misuse.ts';

type DoctorFlags = {
  readonly function?: string;
  readonly stack?: string;
  readonly policy?: string;
  readonly stage: string;
  readonly json?: boolean;
};

/** What the command needs of the program around it. */
export type Around = {
  readonly ends: (code: number) => void;
  readonly print: (text: string) => void;
  readonly policyOf: (flags: { readonly policy?: string; readonly stage: string }) => Promise<CompiledPolicy>;
  readonly withProgress: <T>(work: (notice: (text: string) => void) => Promise<T>) => Promise<T>;
};

/** Adds `dlq doctor`. */
export function addDoctor(program: Command, { ends, print, policyOf, withProgress }: Around): void {
  program
    .command('doctor')
    .description('Says what is wrong with the way of dead events, by asking AWS. Changes nothing.')
    .option('--function <name>', 'only this function, NAME, NAME:ALIAS or an ARN, and its intakes')
    .option('--stack <name>', 'only the functions of this CloudFormation stack, and their intakes')
    .option('--policy <file>', 'the policy whose targets and intakes are looked at (default: policy.yml)')
    .option('--stage <name>', 'what {stage} stands for in the policy, and the stage of the service', 'dev')
    .option('--json', 'print one JSON object: findings, notMade, made')
    .addHelpText('after', HELP)
    .action(async (flags: DoctorFlags) => {
      const asked = askedOf(flags);
      const policy = await policyOf(flags);
      const { stage, json = false } = flags;
      const diagnosis = await withProgress((notice) =>
        diagnose(asked, { policy, stage, nowMs: Date.now(), notice }),
      );
      print(json ? `${JSON.stringify(diagnosis, null, 2)}\n` : formatDiagnosis(diagnosis));
      ends(diagnosis.findings.length === 0 ? 0 : 1);
    });
}

const HELP = `
Without --function and --stack it looks at all targets and intakes of the policy and at the deployed service.

Examples:
  dlq doctor --stage prod                everything that the policy declares
  dlq doctor --function orders:live      one function, with nothing deployed
  dlq doctor --stack shop --json         every function of a stack, for a machine

It reads with the credentials and the region of the environment, and needs lambda:GetFunctionConfiguration,
GetFunctionEventInvokeConfig, GetFunctionConcurrency, GetFunctionRecursionConfig, ListAliases and ListEventSourceMappings,
sqs:GetQueueUrl and GetQueueAttributes, sns:GetTopicAttributes and ListSubscriptionsByTopic,
iam:SimulatePrincipalPolicy, cloudwatch:GetMetricData (four metrics for each function, a cent for a thousand), and for
--stack cloudformation:ListStackResources. A check for which a right is missing is not made, and listed.

Exit code: 0 when nothing was found, 1 when something was, 2 when it cannot look or the use is wrong.`;

function askedOf({ function: name, stack }: DoctorFlags): Asked {
  if (name !== undefined && stack !== undefined) throw new Misuse('give --function or --stack, not both');
  if (stack !== undefined) return { kind: 'stack', stack };
  if (name === undefined) return { kind: 'policy' };
  const reference = readFunctionReference(name);
  if (typeof reference === 'string') throw new Misuse(`--function: ${reference}`);
  return { kind: 'function', ...reference };
}
