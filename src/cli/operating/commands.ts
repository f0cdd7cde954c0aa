import { existsSync } from 'node:fs';
import { Command, InvalidArgumentError, Option } from 'commander';
import { policyFileOf } from '../../policy/load-policy.ts';
import { wrongFacts } from '../../policy/rules.ts';
import type { Placement } from '../../recovery/archive-entry.ts';
import { CATEGORIES, type Category } from '../../recovery/category.ts';
import { compilePattern } from '../../recovery/pattern/compile.ts';
import type { Pattern } from '../../recovery/pattern/pattern.ts';
import type { CompiledPolicy } from '../../recovery/policy.ts';
import { CIRCUIT_STATES, type CircuitState } from '../../recovery/release/circuit.ts';
import { withDeployment, type DeploymentFlags } from '../deployment.ts';
import { Misuse } from '../misuse.ts';
import { harmless } from '../visible.ts';
import { unusable, valueOf } from '../policy-match.ts';
import { auditPage, formatAudit } from './audit.ts';
import { atDesk } from './desk.ts';
import { PLACEMENTS, type EventFilter } from './events.ts';
import { formatPage, formatStory } from './format-events.ts';
import { formatGroups } from './format-groups.ts';
import { groupsOf } from './groups.ts';
import { listEvents } from './list.ts';
import { formatPause, pressButton, type PauseQuery } from './pause.ts';
import { askForRelease, formatRelease, planRelease, unapplied } from './release.ts';
import type { ScanTold } from './scan.ts';
import { storyOf, type EventStory } from './show.ts';
import { momentOf } from './times.ts';

/** What the commands need of the program around them. */
export type Around = {
  readonly ends: (code: number) => void;
  readonly print: (text: string) => void;
  readonly say: (text: string) => void;
  readonly policyOf: (flags: { readonly policy?: string; readonly stage: string }) => Promise<CompiledPolicy>;
  readonly withProgress: <T>(work: (notice: (text: string) => void) => Promise<T>) => Promise<T>;
};

type Flags = DeploymentFlags & { readonly policy?: string; readonly json?: boolean };

const NOT_DONE = 1;

/** Adds the commands by which people see what is dead at a deployed stage, bring it back, stop it, and see who did. */
export function addOperating(program: Command, around: Around): void {
  addGroups(program, around);
  addList(program, around);
  addShow(program, around);
  addRelease(program, around);
  addButton(program, around, 'pause');
  addButton(program, around, 'resume');
  addAudit(program, around);
}

const WHERE = `
The stage is found by its consumer function: lambda:GetFunctionConfiguration, and with AWS_ENDPOINT_URL the local AWS.`;

function addGroups(program: Command, around: Around): void {
  type GroupFlags = Flags & { target?: string; category?: Category; state?: CircuitState };
  atStage(program.command('groups'))
    .description(
      'Shows what is parked, by cause: how much, since when, and what brings it back. Touches nothing.',
    )
    .option('--target <name>', 'only of this target, as the policy names it')
    .addOption(new Option('--category <name>', 'only of this category').choices(CATEGORIES))
    .addOption(new Option('--state <name>', 'only in this state').choices(CIRCUIT_STATES))
    .option('--json', 'print a JSON array of groups')
    .addHelpText(
      'after',
      `
Examples:
  dlq groups --stage prod
  dlq groups --stage prod --category defect --json

Those with the most parked events come first. The keys of --json: group, target, category, rule, cause, manual, state,
since, parked, next, asked, trial, held.
${WHERE}
It needs dynamodb:Query and BatchGetItem on the ledger, and reads every pointer of the groups that it shows.
Exit code: 0, 1 when a group's row cannot be read, 2 when nothing can be or the use is wrong.`,
    )
    .action(async (flags: GroupFlags) => {
      const { target = null, category = null, state = null, json = false } = flags;
      const policy = await policyAt(flags, around);
      const { groups, unreadable } = await atDesk(flags, (desk) =>
        groupsOf(desk, policy, { target, category, state }),
      );
      around.print(json ? jsonOf(groups) : formatGroups(groups));
      for (const key of unreadable) {
        around.say(`the row ${key} of the ledger cannot be read: a later version may have written it`);
        around.ends(NOT_DONE);
      }
    });
}

type ListFlags = Flags & {
  since?: string;
  until?: string;
  intake?: string;
  target?: string;
  category?: Category;
  group?: string;
  placement?: Placement;
  where?: string;
  limit: number;
  after?: string;
};

/** Far enough back for a weekend and a holiday, near enough to be read within seconds. */
const USUAL_SINCE = '7d';

function addList(program: Command, around: Around): void {
  atStage(program.command('list'))
    .description(
      'Lists dead events of the archive, or those that are parked in a group just now. Touches nothing.',
    )
    .option(
      '--since <time>',
      `filed at or after: 2026-11-24, 2026-11-24T10:00:00Z, 2h or 7d (default: ${USUAL_SINCE})`,
    )
    .option('--until <time>', 'filed before; a day is meant with its end')
    .option('--intake <name>', 'only of this intake, as the policy names it: the fewest objects are read')
    .option('--target <name>', 'only of this target')
    .addOption(new Option('--category <name>', 'only of this category').choices(CATEGORIES))
    .option('--group <group>', 'only what is parked in this group just now, whenever it was filed')
    .addOption(
      new Option('--placement <name>', 'only what was filed so (default: parked and archived)').choices(
        PLACEMENTS,
      ),
    )
    .option(
      '--where <pattern>',
      'only what an event pattern over the facts of rules matches: a file or JSON text',
    )
    .addOption(new Option('--limit <count>', 'events, at most').argParser(countOf).default(50))
    .option('--after <token>', 'the next page: the token that the page before has ended with')
    .option('--json', 'print one JSON object: events, next')
    .addHelpText(
      'after',
      `
Examples:
  dlq list --stage prod --since 2h
  dlq list --stage prod --group 0123456789abcdef
  dlq list --stage prod --where '{"target":["orders"],"payload":{"customer":{"id":["c-17"]}}}' --since 30d

The order is stable: of a group that of parking, else placement, intake, day and filing. Without --group an event is listed
wherever it was filed, brought back since or not. The keys of an event: id, deathId, placement, form, intake, target, category,
rule, group, reason, instead, cause, reinvocations, payloadSha256, credentials, diedAt, archivedAt.
${WHERE}
It needs s3:ListBucket and GetObject on the archive, with --group dynamodb:Query and BatchGetItem on the ledger.
Exit code: 0, 1 when something that was filed cannot be read, 2 when nothing can be or the use is wrong.`,
    )
    .action(async (flags: ListFlags) => {
      const { group = null, placement, limit, after = null, json = false } = flags;
      const query = {
        filter: await filterOf(flags, Date.now()),
        placements: placement === undefined ? USUAL_PLACEMENTS : [placement],
        group,
        limit,
        after,
      };
      if (group !== null && placement !== undefined && placement !== 'parked') {
        throw new Misuse(`what is in a group is parked, not ${placement}: leave out --placement or --group`);
      }
      const policy = await policyAt(flags, around);
      const page = await around.withProgress((notice) =>
        atDesk(flags, (desk) => listEvents(desk, policy, query, tellerOf(around, notice))),
      );
      around.print(json ? jsonOf(page) : formatPage(page));
    });
}

/** What is dead: copies of what has been handed over again are there to be asked for. */
const USUAL_PLACEMENTS: readonly Placement[] = ['archived', 'parked'];

async function filterOf(
  { since, until, intake, target, category, group, where }: ListFlags,
  nowMs: number,
): Promise<EventFilter> {
  const from = since ?? (group === undefined ? USUAL_SINCE : undefined);
  return {
    sinceMs: from === undefined ? null : momentOf(from, nowMs, false),
    untilMs: until === undefined ? null : momentOf(until, nowMs, true),
    intake: intake ?? null,
    target: target ?? null,
    category: category ?? null,
    where: where === undefined ? null : await patternOf(where),
  };
}

async function patternOf(fileOrText: string): Promise<Pattern> {
  const value = await valueOf(fileOrText, 'pattern');
  const compiled = compilePattern(value);
  const problems = [...(compiled.kind === 'problems' ? compiled.problems : []), ...wrongFacts(value, null)];
  if (compiled.kind === 'problems' || problems.length > 0) throw unusable('--where', problems);
  return compiled.pattern;
}

type ShowFlags = Flags & { since: string; payload?: boolean; yes?: boolean; logs?: boolean };

function addShow(program: Command, around: Around): void {
  atStage(program.command('show'))
    .description(
      'Shows all that is known of one event: its error, judgement, attempts, group and log. Touches nothing.',
    )
    .argument(
      '<id>',
      'its archive id KEY@OFFSET+LENGTH.LINE, or the request or message id of one of its deaths',
    )
    .option(
      '--since <time>',
      'for an id that is no place: how far back the archive is read through',
      USUAL_SINCE,
    )
    .option(
      '--payload',
      'print its payload, byte for byte unless to a terminal; the rest then goes to standard error',
    )
    .option('--yes', 'print a payload although it holds credentials')
    .option('--logs', 'print what the function wrote under its request id, too')
    .option('--json', 'print one JSON object')
    .addHelpText(
      'after',
      `
Examples:
  dlq show --stage prod 8f2c0f6e-7a39-4a0e-8f0a-1f5f2c1f3f11
  dlq show --stage prod 8f2c0f6e-7a39-4a0e-8f0a-1f5f2c1f3f11 --payload > event.json
  dlq show --stage prod 'parked/v1/intake=orders-dlq/date=2026-11-24/01M86PXR429PHMR50DZ0GFQGDR.jsonl.gz@0+821.0' --logs

The keys of --json are those of dlq list and: error, origin, standing, filed, attempts, circuit, payload, elsewhere, logs.
${WHERE}
It needs dynamodb:GetItem, Query and BatchGetItem on the ledger, s3:GetObject on the archive, for an id that is no place
s3:ListBucket too, and with --logs logs:FilterLogEvents on the function's log group.
Exit code: 0, 1 when a payload was not printed since it holds credentials, or something cannot be read, 2 when there is no such
event or the use is wrong.`,
    )
    .action(async (id: string, flags: ShowFlags) => {
      const { since, payload = false, yes = false, logs = false, json = false } = flags;
      const nowMs = Date.now();
      const query = { id, sinceMs: momentOf(since, nowMs, false), payload, logs, nowMs };
      const policy = await policyAt(flags, around);
      const story = await around.withProgress((notice) =>
        atDesk(flags, (desk) => storyOf(desk, policy, query, tellerOf(around, notice))),
      );
      printStory(yes ? story : withoutSecrets(story, around), payload, json, around);
    });
}

/** What holds credentials is shown only to who says so twice. */
function withoutSecrets(story: EventStory, { say, ends }: Around): EventStory {
  const { payload } = story;
  if (payload.kind === 'absent' || payload.credentials === null || payload.text === undefined) return story;
  say(
    `the payload holds credentials (${payload.credentials}) and was not printed: add --yes if you must see it`,
  );
  ends(NOT_DONE);
  const { text: _, ...told } = payload;
  return { ...story, payload: told };
}

function printStory(
  story: EventStory,
  isPayloadWanted: boolean,
  json: boolean,
  { print, say, ends }: Around,
): void {
  if (json) return print(jsonOf(story));
  if (!isPayloadWanted) return print(formatStory(story));
  say(formatStory(story));
  const text = story.payload.kind === 'present' ? story.payload.text : undefined;
  if (text === undefined) return ends(NOT_DONE);
  // Whoever reads it elsewhere gets each byte; a terminal must not obey a stranger.
  print(process.stdout.isTTY ? `${harmless(text)}\n` : text);
}

type ActFlags = Flags & { readonly reason: string; readonly yes?: boolean };

function addRelease(program: Command, around: Around): void {
  acting(program.command('release'))
    .description(
      'Asks for the release of a parked group: a few events first, and the rest when one of them succeeds.',
    )
    .argument('<group>', 'its key, or the end of it, as dlq groups shows it')
    .option('--json', 'print one JSON object: the plan, applied, outcome and woken')
    .addHelpText(
      'after',
      `
Examples:
  dlq release 0123456789abcdef --stage prod --reason 'the warehouse is open again'         shows the plan
  dlq release 0123456789abcdef --stage prod --reason 'the warehouse is open again' --yes   does it

The releaser does the work, at the rate of the policy that is deployed; the plan goes by the policy that is here.
${WHERE}
It needs dynamodb:Query, BatchGetItem, GetItem, PutItem and UpdateItem on the ledger, and lambda:InvokeFunction on the releaser,
without which it looks within a minute.
Exit code: 0 when it was asked for, is under way, or only planned; 1 when nothing is parked any more; 2 for wrong use.`,
    )
    .action(async (name: string, flags: ActFlags) => {
      const { reason, yes = false, json = false } = flags;
      const policy = await policyAt(flags, around);
      const report = await atDesk(flags, async (desk) => {
        const plan = await planRelease(desk, policy, name);
        return yes ? askForRelease(desk, plan, reason, Date.now()) : unapplied(plan, 'planned');
      });
      around.print(json ? jsonOf(report) : formatRelease(report));
      if (report.outcome === 'gone') around.ends(NOT_DONE);
    });
}

function addButton(program: Command, around: Around, what: PauseQuery['what']): void {
  const does =
    what === 'pause'
      ? 'Stops every hand-over to a target, or to all, from the next batch on. Events go on being judged and kept.'
      : 'Ends a pause. What was parked meanwhile comes back with its groups.';
  acting(program.command(what))
    .description(does)
    .argument('[target]', 'a target, as the policy names it (default: all)')
    .option('--json', 'print one JSON object: what, target, applied, and the pauses before')
    .addHelpText(
      'after',
      `
Examples:
  dlq ${what} --stage prod --reason 'the warehouse is shut' --yes          all targets
  dlq ${what} orders --stage prod --reason 'the warehouse is shut' --yes   one of them
${WHERE}
It needs dynamodb:Query, PutItem${what === 'resume' ? ' and DeleteItem' : ''} on the ledger.
Exit code: 0, also when it was only planned or there was nothing to do; 2 for wrong use.`,
    )
    .action(async (target: string | undefined, flags: ActFlags) => {
      const { reason, yes = false, json = false } = flags;
      const policy = await policyAt(flags, around);
      const query = { what, target: target ?? null, reason, isMeant: yes, nowMs: Date.now() };
      const report = await atDesk(flags, (desk) => pressButton(desk, policy, query));
      around.print(json ? jsonOf(report) : formatPause(report));
    });
}

function addAudit(program: Command, around: Around): void {
  withDeployment(program.command('audit'))
    .description('Shows who did what, when and why, newest first. Touches nothing.')
    .addOption(new Option('--limit <count>', 'acts, at most').argParser(countOf).default(50))
    .option('--after <token>', 'the next page: the token that the page before has ended with')
    .option('--json', 'print one JSON object: acts (id, at, who, what, subject, reason), next')
    .addHelpText(
      'after',
      `
Examples:
  dlq audit --stage prod
  dlq audit --stage prod --limit 1000 --json

Who: the ARN by which STS knows the credentials, not a name that somebody typed.
${WHERE}
It needs dynamodb:Query on the ledger.
Exit code: 0, 2 when it cannot be read or the use is wrong.`,
    )
    .action(async (flags: Flags & { readonly limit: number; readonly after?: string }) => {
      const { limit, after = null, json = false } = flags;
      const page = await atDesk(flags, ({ operations }) => auditPage(operations, { after, limit }));
      around.print(json ? jsonOf(page) : formatAudit(page));
    });
}

function atStage(command: Command): Command {
  return withDeployment(command).option(
    '--policy <file>',
    'the policy that is deployed (default: policy.yml, for stage local policy.local.yml)',
  );
}

function acting(command: Command): Command {
  return atStage(command)
    .requiredOption('--reason <text>', 'why: it is written down with who and when')
    .option('--yes', 'do it; without it, only the plan is shown');
}

/** The policy of the stage: that of the file that is named, else of the one that is deployed for it. */
function policyAt({ policy, stage }: Flags, { policyOf }: Around): Promise<CompiledPolicy> {
  const usual = policyFileOf(stage);
  const file = policy ?? (existsSync(usual) ? usual : undefined);
  return policyOf({ stage, ...(file === undefined ? {} : { policy: file }) });
}

function tellerOf({ say, ends }: Around, notice: ScanTold['notice']): ScanTold {
  return {
    notice,
    onUnreadable: (what, error) => {
      say(`${what} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
      ends(NOT_DONE);
    },
  };
}

const MOST_PER_PAGE = 1000;

function countOf(text: string): number {
  const count = Number(text);
  if (Number.isInteger(count) && count >= 1 && count <= MOST_PER_PAGE) return count;
  throw new InvalidArgumentError(`give a number from 1 to ${MOST_PER_PAGE}`);
}

function jsonOf(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}
