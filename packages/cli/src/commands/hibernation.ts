import type { HibernationEffect } from '@matryoshka/contract';
import type { Command } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { formatData, isData } from '../output/format.ts';
import { money } from '../output/money-views.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';

/** `cluster hibernate`, `cluster wake`, `cluster hibernation`. */
export function hibernationCommands(group: Command, context: CliContext): void {
  const { terminal } = context;
  const show = (name: string, effect: HibernationEffect, command: Command): void => {
    const output = outputOptions(command);
    terminal.stdout(isData(output) ? formatData(effect, output) : effectText(name, effect));
  };

  withWait(group.command('hibernate <cluster>'))
    .description('put it to sleep: no workers, no control plane, no cost of either; its data and volumes stay')
    .option('--dry-run', 'show what would stop, what would stay and cost, and change nothing')
    .action(async (name: string, options: WaitOptions & { readonly dryRun?: boolean }, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const params = { clusterId: cluster.id };
      if (options.dryRun) {
        show(cluster.name, await client.call('hibernation.get', { params }), command);
        return;
      }
      const body = { hibernation: { hibernated: true } };
      const operation = await client.call('cluster.update', { params, body, idempotencyKey: newIdempotencyKey() });
      await finish(context, command, client, operation, options);
    });

  withWait(group.command('wake <cluster>'))
    .description('wake a cluster that sleeps, with the workers it had')
    .action(async (name: string, options: WaitOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const operation = await client.call('cluster.update', {
        params: { clusterId: cluster.id },
        body: { hibernation: { hibernated: false } },
        idempotencyKey: newIdempotencyKey(),
      });
      await finish(context, command, client, operation, options);
    });

  group
    .command('hibernation <cluster>')
    .description('whether it sleeps, when that changes, and what that does to its price')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      show(cluster.name, await client.call('hibernation.get', { params: { clusterId: cluster.id } }), command);
    });
}

function effectText(name: string, { hibernated, since, next, stops, stays, price }: HibernationEffect): string {
  const list = (things: readonly string[]): string => (things.length === 0 ? 'nothing' : things.join(', '));
  return [
    `${name} ${hibernated ? 'sleeps' : 'is awake'} (decided ${since})`,
    `next:   ${next === null ? 'nothing is scheduled' : `${next.hibernated ? 'sleeps' : 'wakes'} at ${next.at}`}`,
    `stops:  ${list(stops)}`,
    `stays:  ${list(stays)}`,
    price === null
      ? 'price:  there is no price list'
      : `price:  awake ${money(price.awake.perMonth, price.currency)} a month, asleep ${money(price.asleep.perMonth, price.currency)}`,
    '',
  ].join('\n');
}
