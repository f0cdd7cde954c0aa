import { Command, CommanderError, InvalidArgumentError, Option } from 'commander';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { inspect } from 'node:util';
import { NOTHING_DECLARED, parsePolicy, type ParsedPolicy } from '../policy/parse-policy.ts';
import { formatProblems } from '../policy/problems.ts';
import type { CompiledPolicy } from '../recovery/policy.ts';
import { archiveIn, archiveOf, type ArchiveInput } from './archive-input.ts';
import { addDoctor } from './doctor-command.ts';
import { explainFiles } from './explain.ts';
import { cannotRead, Misuse } from './misuse.ts';
import { addOperating } from './operating/commands.ts';
import { backtest, formatBacktest } from './policy-backtest.ts';
import { matchCases, matchPair } from './policy-match.ts';
import { formatReport, testCases } from './policy-test.ts';
import { InputProblem } from './read-input.ts';

/** The exit codes of every command: done, something was not done, wrong use. */
const DONE = 0;
const NOT_DONE = 1;
const WRONG_USE = 2;

const DEFAULT_POLICY = 'policy.yml';

type PolicyFlags = { readonly policy?: string; readonly stage: string; readonly json?: boolean };

/** Runs `dlq` with its arguments; gives the exit code. */
export async function main(argv: readonly string[]): Promise<number> {
  let code = DONE;
  const ends = (other: number): void => {
    code = other;
  };
  const program = new Command('dlq').description('Works with dead events of AWS Lambda.').exitOverride();
  addExplain(program, ends);
  addDoctor(program, { ends, print, policyOf, withProgress });
  addOperating(program, { ends, print, say, policyOf, withProgress });
  const policy = program.command('policy').description('Checks and tries a policy.');
  addCheck(policy, ends);
  addTest(policy, ends);
  addMatch(policy, ends);
  addBacktest(policy);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return code;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? DONE : WRONG_USE;
    const isExpected = error instanceof Misuse || error instanceof InputProblem;
    say(isExpected ? error.message : `dlq has failed by a fault of its own: ${inspect(error)}`);
    return WRONG_USE;
  }
}

function addExplain(program: Command, ends: (code: number) => void): void {
  withPolicy(program.command('explain'))
    .description(
      'Says what records are, which rule claims them, what would happen, and why. Touches nothing.',
    )
    .argument(
      '<file...>',
      'Lambda events (SQS or SNS), records, bodies, or JSON Lines of these or of cases; - for standard input',
    )
    .addOption(
      new Option('--now <time>', 'judge at this time, ISO 8601 (default: when each event died)').argParser(
        timeOf,
      ),
    )
    .option('--json', 'print a JSON array, one element per record')
    .addHelpText('after', '\nExit code: 0 when every input was read, 2 when one was not or the use is wrong.')
    .action(async (files: string[], options: PolicyFlags & { readonly now?: number }) => {
      const { json = false, now = null } = options;
      const policy = await policyOf(options);
      ends(await explainFiles(files, { policy, json, nowMs: now, write: print, warn: say }));
    });
}

function addCheck(program: Command, ends: (code: number) => void): void {
  program
    .command('check')
    .description('Reports everything that is wrong with a policy, each with its line and column.')
    .argument('[file]', 'the policy', DEFAULT_POLICY)
    .option('--stage <name>', 'what {stage} stands for in the policy', 'dev')
    .option('--json', 'print a JSON array of the problems')
    .addHelpText(
      'after',
      '\nExit code: 0 when nothing is wrong, 1 when something is, 2 when it cannot be read.',
    )
    .action(async (file: string, { stage, json = false }: PolicyFlags) => {
      const parsed = await parseFile(file, stage);
      const problems = parsed.kind === 'policy' ? [] : parsed.problems;
      if (json) print(`${JSON.stringify(problems, null, 2)}\n`);
      else print(problems.length === 0 ? `${file} is right\n` : `${formatProblems(file, problems)}\n`);
      ends(problems.length === 0 ? DONE : NOT_DONE);
    });
}

function addTest(program: Command, ends: (code: number) => void): void {
  withPolicy(program.command('test'))
    .description('Judges labelled cases and shows where the judgement differs.')
    .argument('<cases>', 'JSON Lines of {"id","form","error","expect":{"category":[…],"retrySafe"}}')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nExit code: 0 when every case is judged as labelled, 1 when one is not, 2 for wrong use.',
    )
    .action(async (file: string, options: PolicyFlags) => {
      const report = await testCases(file, await policyOf(options));
      print(options.json === true ? `${JSON.stringify(report, null, 2)}\n` : formatReport(report));
      ends(report.misses.length === 0 ? DONE : NOT_DONE);
    });
}

function addMatch(program: Command, ends: (code: number) => void): void {
  program
    .command('match')
    .description('Says whether EventBridge event patterns match events.')
    .argument('[pattern]', 'a pattern, as a file or as JSON text')
    .argument('[event]', 'an event, as a file or as JSON text')
    .option('--cases <file>', 'JSON Lines of {"pattern","event"} instead')
    .option('--json', 'print true or false, and for cases an array of them')
    .addHelpText(
      'after',
      '\nExit code: of a pair 0 when it matches and 1 when not; of cases 0 when all were read; 2 when one cannot be.',
    )
    .action(async (pattern: string | undefined, event: string | undefined, options: MatchFlags) => {
      const { cases, json = false } = options;
      if (cases !== undefined && pattern === undefined) {
        const results = await matchCases(cases);
        print(json ? `${JSON.stringify(results)}\n` : results.map((one) => `${one}\n`).join(''));
        return;
      }
      if (pattern === undefined || event === undefined || cases !== undefined) {
        throw new Misuse('give a pattern and an event, or --cases FILE');
      }
      const isMatch = await matchPair(pattern, event);
      print(json ? `${isMatch}\n` : isMatch ? 'matches\n' : 'does not match\n');
      ends(isMatch ? DONE : NOT_DONE);
    });
}

function addBacktest(program: Command): void {
  withPolicy(program.command('backtest'))
    .description(
      'Shows what a changed policy would decide differently about events of the archive. Touches nothing.',
    )
    .argument('<changed>', 'the changed policy')
    .argument('[archive...]', 'archive objects, or folders of them, as `aws s3 sync` brings them')
    .option('--bucket <name>', 'read the archive bucket itself instead')
    .option('--prefix <keys>', 'of the bucket only the objects whose keys begin so, such as parked/')
    .addOption(new Option('--since <day>', 'only what was filed from this day on, UTC').argParser(dayOf))
    .addOption(new Option('--until <day>', 'only what was filed up to and with this day').argParser(dayOf))
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      '\nEach event is judged as at its first receipt, with what was fetched for it from elsewhere.' +
        '\nA bucket is read with the credentials and the region of the environment, which need s3:ListBucket and' +
        '\ns3:GetObject. It costs one GET request for each object, and a LIST request for each thousand of them.' +
        '\nExit code: 0 when everything was read, whether anything differs or not; 2 when something cannot be.',
    )
    .action(async (changed: string, paths: string[], options: BacktestFlags) => {
      const { stage, json = false } = options;
      const archive = archiveFor(paths, options);
      const policies = { before: await policyOf(options), after: await policyOf({ policy: changed, stage }) };
      const report = await withProgress((notice) => backtest(archive, policies, notice));
      print(json ? `${JSON.stringify(report, null, 2)}\n` : formatBacktest(report));
    });
}

type BacktestFlags = PolicyFlags & {
  readonly bucket?: string;
  readonly prefix?: string;
  readonly since?: string;
  readonly until?: string;
};

function archiveFor(paths: readonly string[], flags: BacktestFlags): ArchiveInput {
  const { bucket, prefix = '', since = null, until = null } = flags;
  if (bucket === undefined ? paths.length === 0 : paths.length > 0) {
    throw new Misuse('give archive objects or folders of them, or --bucket NAME');
  }
  if (bucket !== undefined) return archiveOf({ bucket, prefix, since, until });
  if (prefix !== '' || since !== null || until !== null) {
    throw new Misuse('--prefix, --since and --until choose from a bucket: give --bucket NAME');
  }
  return archiveIn(paths);
}

type MatchFlags = { readonly cases?: string; readonly json?: boolean };

function withPolicy(command: Command): Command {
  return command
    .option('--policy <file>', `the policy to judge by (default: ${DEFAULT_POLICY}, when it is there)`)
    .option('--stage <name>', 'what {stage} stands for in the policy', 'dev');
}

/** The policy of a file. Without one nothing is declared, so that no record has a target. */
async function policyOf({ policy, stage }: PolicyFlags): Promise<CompiledPolicy> {
  const file = policy ?? DEFAULT_POLICY;
  if (policy === undefined && !existsSync(file)) {
    say(`there is no ${DEFAULT_POLICY} here and no --policy: no target is declared`);
    return NOTHING_DECLARED;
  }
  const parsed = await parseFile(file, stage);
  switch (parsed.kind) {
    case 'policy':
      return parsed.policy;
    case 'problems':
      throw new Misuse(`${file} cannot be used:\n${formatProblems(file, parsed.problems)}`);
  }
}

async function parseFile(file: string, stage: string): Promise<ParsedPolicy> {
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw cannotRead(file, error);
  });
  return parsePolicy(text, { stage, region: null, ownQueues: null });
}

function timeOf(text: string): number {
  const ms = Date.parse(text);
  if (Number.isNaN(ms))
    throw new InvalidArgumentError(`${text} is no time: write one such as 2026-11-24T10:00:00Z`);
  return ms;
}

function dayOf(text: string): string {
  if (!/^\d{4}-\d{2}-\d{2}$/.test(text) || Number.isNaN(Date.parse(text)))
    throw new InvalidArgumentError(`${text} is no day: write one such as 2026-11-24`);
  return text;
}

/** Runs work that says how far it is. Only a person at a terminal is told, on one line, which is gone in the end. */
async function withProgress<T>(work: (notice: (text: string) => void) => Promise<T>): Promise<T> {
  const { stderr } = process;
  if (!stderr.isTTY) return work(() => undefined);
  try {
    return await work((text) => stderr.write(`${TO_LINE_START}${text}`));
  } finally {
    stderr.write(TO_LINE_START);
  }
}

/** Goes to the beginning of the terminal's line and clears it. */
const TO_LINE_START = '\r\u001B[K';

function print(text: string): void {
  process.stdout.write(text);
}

function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
