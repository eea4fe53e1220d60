import type { Command } from 'commander';
import { type CliContext, clientOf, outputOptions } from '../context.ts';
import { managementClusterView } from '../output/fleet-views.ts';
import { formatData, formatList, isData } from '../output/format.ts';
import { newIdempotencyKey } from './operation.ts';

/** Into the group `fleet`. */
export function managementClusterCommands(group: Command, context: CliContext): void {
  const { terminal } = context;
  group
    .command('management-clusters')
    .description('management clusters: their room, and the budgets of their DataStores')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { items } = await client.call('management-cluster.list', {});
      terminal.stdout(formatList(items, managementClusterView, outputOptions(command)));
    });
  group
    .command('cordon <management-cluster>')
    .description('place no new control planes in it; those in it stay')
    .requiredOption('--reason <text>', 'for whoever wonders later')
    .action(async (managementCluster: string, { reason }: { readonly reason: string }, command: Command) => {
      const { client } = await clientOf(context, command);
      const call = { params: { managementCluster }, body: { reason }, idempotencyKey: newIdempotencyKey() };
      const cordoned = await client.call('management-cluster.cordon', call);
      const output = outputOptions(command);
      if (isData(output)) terminal.stdout(formatData(cordoned, output));
      else terminal.stderr(`${managementCluster} takes no new control planes\n`);
    });
  group
    .command('uncordon <management-cluster>')
    .description('place control planes in it again')
    .action(async (managementCluster: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const call = { params: { managementCluster }, idempotencyKey: newIdempotencyKey() };
      const { full } = await client.call('management-cluster.uncordon', call);
      terminal.stderr(`${managementCluster} takes control planes again${full === null ? '' : `, but ${full}`}\n`);
    });
}
