import { readFile } from 'node:fs/promises';
import type { BudgetSet, Cost, PriceListCreate } from '@matryoshka/contract';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { usageError } from '../errors.ts';
import { formatItem, formatList, isData } from '../output/format.ts';
import { costView, fleetUsageView, money, priceView, usageView } from '../output/money-views.ts';
import { fleetCommands } from './fleet.ts';
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
      // A deleted one is only known by its id.
      const { cluster } = options;
      const id = cluster === undefined || /^c-[a-z0-9]{10}$/.test(cluster) ? cluster : undefined;
      const clusterId = cluster === undefined ? undefined : (id ?? (await findCluster(client, cluster)).cluster.id);
      const query = { ...periodOf(options), ...(clusterId === undefined ? {} : { clusterId }) };
      const usage = await client.call('usage.get', { query });
      const output = outputOptions(command);
      if (isData(output)) return terminal.stdout(formatItem(usage, { columns: [], name: () => '' }, output));
      terminal.stdout(formatList(usage.lines, usageView(options.by), output));
      terminal.stderr(`${usage.from} to ${usage.to}: ${money(usage.total, usage.currency)}\n`);
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
    terminal.stdout(formatItem(cost, { columns: [], name: () => '' }, output));
    return;
  }
  terminal.stdout(formatList(cost.clusters, costView, output));
  const { currency, spent, forecast, budget } = cost;
  const of = budget === null ? '' : `; the budget is ${money(budget.amount, currency)}`;
  terminal.stderr(
    `${cost.month.slice(0, 7)}: ${money(spent, currency)} until now, ${money(forecast, currency)} at its end${of}\n`,
  );
}

/** Prices, for everybody; and what only the provider does with money. */
export function priceCommands(program: Command, context: CliContext): void {
  const { terminal } = context;
  const group = program.command('price').description('what things cost');
  group
    .command('list')
    .description('price lists, the latest first')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { items } = await client.call('price.list', {});
      const output = outputOptions(command);
      if (isData(output)) return terminal.stdout(formatList(items, { columns: [], name: ({ id }) => id }, output));
      const rows = items.flatMap(({ prices, ...list }) => prices.map((price) => ({ ...list, ...price })));
      terminal.stdout(formatList(rows, priceView, output));
    });
  group
    .command('publish <file>')
    .description(
      'provider: a price list for all projects, as JSON ({"currency", "validFrom", "prices": [{"item", "sku", "perHour"}]})',
    )
    .action(async (file: string, _: unknown, command: Command) => {
      const body = await readList(file);
      const { client } = await clientOf(context, command);
      const made = await client.call('price.publish', { body, idempotencyKey: newIdempotencyKey() });
      terminal.stderr(`${made.id} is valid from ${made.validFrom} on\n`);
    });
  group
    .command('withdraw <id>')
    .description('provider: take back a price list that is not valid yet')
    .action(async (priceListId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      await client.call('price.withdraw', { params: { priceListId }, idempotencyKey: newIdempotencyKey() });
      terminal.stderr(`${priceListId} is withdrawn\n`);
    });

  const fleet = fleetCommands(program, context);
  withPeriod(fleet.command('usage'))
    .description('what all projects used and what it cost')
    .action(async (options: PeriodOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const usage = await client.call('usage.fleet', { query: periodOf(options) });
      const output = outputOptions(command);
      if (isData(output)) return terminal.stdout(formatItem(usage, { columns: [], name: () => '' }, output));
      terminal.stdout(formatList(usage.lines, fleetUsageView(options.by), output));
      terminal.stderr(`${usage.from} to ${usage.to}: ${money(usage.total, usage.currency)}\n`);
    });
}

async function readList(file: string): Promise<PriceListCreate> {
  try {
    return JSON.parse(await readFile(file, 'utf8')) as PriceListCreate;
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw usageError(
      `${file} cannot be read as JSON: ${reason}`,
      'See docs/usage.md for what a price list looks like.',
    );
  }
}
