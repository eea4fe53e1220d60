import type { BudgetSet, Cost, Usage } from '@matryoshka/contract';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { usageError } from '../errors.ts';
import { formatData, formatList, isData, type View } from '../output/format.ts';
import { costView, fleetUsageView, money, usageView } from '../output/money-views.ts';
import { newIdempotencyKey } from './operation.ts';

interface PeriodOptions {
  readonly from?: string;
  readonly to?: string;
  readonly by?: 'day' | 'hour';
}

const withPeriod = (command: Command): Command =>
  command
    .option('--from <time>', 'e.g. 2026-11-01; default: the beginning of this month (UTC)')
    .option('--to <time>', 'not included; default: now')
    .addOption(new Option('--by <interval>', 'part it').choices(['day', 'hour']));

const periodOf = ({ from, to, by }: PeriodOptions) => ({
  ...(from === undefined ? {} : { from: timeOf(from) }),
  ...(to === undefined ? {} : { to: timeOf(to) }),
  ...(by === undefined ? {} : { interval: by }),
});

/** A day stands for its beginning. What is no time is left to the service to refuse. */
const timeOf = (text: string): string => (/^\d{4}-\d{2}-\d{2}$/.test(text) ? `${text}T00:00:00Z` : text);

/** Usage, cost and budget of the project. */
export function usageCommands(program: Command, context: CliContext): void {
  const { terminal } = context;
  withPeriod(program.command('usage'))
    .description('what the clusters used and what it cost')
    .option('--cluster <cluster>', 'of one, by name or id')
    .action(async (options: PeriodOptions & { readonly cluster?: string }, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = options;
      // A deleted one is only known by its id.
      const isId = cluster === undefined || /^c-[a-z0-9]{10}$/.test(cluster);
      const clusterId = isId ? cluster : (await findCluster(client, cluster)).cluster.id;
      const query = { ...periodOf(options), ...(clusterId === undefined ? {} : { clusterId }) };
      showUsage(context, command, await client.call('usage.get', { query }), usageView(options.by));
    });
  program
    .command('cost')
    .description('what this month cost until now, and what it will have cost at its end')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      showCost(context, command, await client.call('cost.get', {}));
    });

  const budget = program.command('budget').description('be told when a month costs more');
  budget
    .command('set <amount>')
    .description('an amount for a month; an event (and webhooks) tell when parts of it are spent or forecast')
    .option(
      '--threshold <percent>',
      'repeatable; default: 50, 80, 100',
      (text, all: readonly number[]) => [...all, percent(text)],
      [] as readonly number[],
    )
    .action(async (amount: string, { threshold }: { readonly threshold: readonly number[] }, command: Command) => {
      const { client } = await clientOf(context, command);
      const body: BudgetSet = { amount, ...(threshold.length === 0 ? {} : { thresholds: [...threshold] }) };
      showCost(context, command, await client.call('budget.set', { body, idempotencyKey: newIdempotencyKey() }));
    });
  budget
    .command('delete')
    .description('no budget')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      await client.call('budget.delete', { idempotencyKey: newIdempotencyKey() });
      terminal.stderr('There is no budget any more.\n');
    });
}

function percent(text: string): number {
  if (/^\d{1,4}$/.test(text)) return Number(text);
  throw usageError(`${text} is no percentage`, 'Give a whole number, e.g. --threshold 80.');
}

function showCost({ terminal }: CliContext, command: Command, cost: Cost): void {
  const output = outputOptions(command);
  if (isData(output)) {
    terminal.stdout(formatData(cost, output));
    return;
  }
  terminal.stdout(formatList(cost.clusters, costView, output));
  const { currency, spent, forecast, budget } = cost;
  const of = budget === null ? '' : `; the budget is ${money(budget.amount, currency)}`;
  terminal.stderr(
    `${cost.month.slice(0, 7)}: ${money(spent, currency)} until now, ${money(forecast, currency)} at its end${of}\n`,
  );
}

/** What all projects used: a command of the group `fleet`. */
export function fleetUsageCommand(fleet: Command, context: CliContext): void {
  withPeriod(fleet.command('usage'))
    .description('what all projects used and what it cost')
    .action(async (options: PeriodOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const usage = await client.call('usage.fleet', { query: periodOf(options) });
      showUsage(context, command, usage, fleetUsageView(options.by));
    });
}

function showUsage<Line>(
  { terminal }: CliContext,
  command: Command,
  usage: Pick<Usage, 'from' | 'to' | 'total' | 'currency'> & { readonly lines: readonly Line[] },
  view: View<Line>,
): void {
  const output = outputOptions(command);
  if (isData(output)) {
    terminal.stdout(formatData(usage, output));
    return;
  }
  terminal.stdout(formatList(usage.lines, view, output));
  terminal.stderr(`${usage.from} to ${usage.to}: ${money(usage.total, usage.currency)}\n`);
}
