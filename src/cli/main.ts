import { Command, CommanderError, Option } from 'commander';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { NOTHING_DECLARED, parsePolicy } from '../policy/parse-policy.ts';
import { formatProblems } from '../policy/problems.ts';
import type { CompiledPolicy } from '../recovery/policy.ts';
import { explainFiles } from './explain.ts';

/** The exit codes of every command: done, not all done, wrong use. */
const WRONG_USE = 2;

const DEFAULT_POLICY = 'policy.yml';

/** Somebody has to do something else: the text says what. */
class Misuse extends Error {
  override readonly name = 'Misuse';
}

/** Runs `dlq` with its arguments; gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let code = 0;
  const program = new Command('dlq')
    .description('Works with dead events of AWS Lambda.')
    .exitOverride()
    .configureHelp({ showGlobalOptions: true });
  program
    .command('explain')
    .description(
      'Says what records are, which rule claims them, what would happen, and why. Touches nothing.',
    )
    .argument(
      '<file...>',
      'Lambda events (SQS or SNS), records, bodies, or JSON Lines of these or of cases; - for standard input',
    )
    .option('--policy <file>', `the policy to judge by (default: ${DEFAULT_POLICY}, when it is there)`)
    .option('--stage <name>', 'what {stage} stands for in the policy', 'dev')
    .addOption(
      new Option('--now <time>', 'judge at this time, ISO 8601 (default: when each event died)').argParser(
        timeOf,
      ),
    )
    .option('--json', 'print a JSON array, one element per record')
    .addHelpText('after', '\nExit code: 0 when every input was read, 2 when one was not or the use is wrong.')
    .action(async (files: string[], options: ExplainFlags) => {
      code = await explainFiles(files, {
        policy: await policyOf(options),
        json: options.json === true,
        nowMs: options.now ?? null,
        write: (text) => void process.stdout.write(text),
        warn: say,
      });
    });
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : WRONG_USE;
    if (!(error instanceof Misuse)) throw error;
    say(error.message);
    return WRONG_USE;
  }
}

type ExplainFlags = {
  readonly policy?: string;
  readonly stage: string;
  readonly now?: number;
  readonly json?: boolean;
};

/** The policy of a file. Without one nothing is declared, so that no record has a target. */
async function policyOf({ policy, stage }: ExplainFlags): Promise<CompiledPolicy> {
  const file = policy ?? DEFAULT_POLICY;
  if (policy === undefined && !existsSync(file)) {
    say(`there is no ${DEFAULT_POLICY} here and no --policy: no target is declared`);
    return NOTHING_DECLARED;
  }
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new Misuse(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  const parsed = parsePolicy(text, { stage, region: null, ownQueues: null });
  switch (parsed.kind) {
    case 'policy':
      return parsed.policy;
    case 'problems':
      throw new Misuse(`${file} cannot be used:\n${formatProblems(file, parsed.problems)}`);
  }
}

function timeOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms)) throw new Misuse(`--now ${text} is no time: write one such as 2026-11-24T10:00:00Z`);
  return ms;
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
