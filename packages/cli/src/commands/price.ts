import { readFile } from 'node:fs/promises';
import type { PriceListCreate } from '@matryoshka/contract';
import type { Command } from 'commander';
import { type CliContext, clientOf, outputOptions } from '../context.ts';
import { usageError } from '../errors.ts';
import { formatData, formatList, isData } from '../output/format.ts';
import { priceView } from '../output/money-views.ts';
import { newIdempotencyKey } from './operation.ts';

/** Prices: everybody reads them, the provider makes them. */
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
      if (isData(output)) return terminal.stdout(formatData({ items }, output));
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
