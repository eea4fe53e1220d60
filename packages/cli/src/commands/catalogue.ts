import { followEvents } from '@matryoshka/client';
import type { Command } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { formatList } from '../output/format.ts';
import { eventView, flavorView, quotaView, versionView } from '../output/views.ts';

export function catalogueCommands(program: Command, context: CliContext): void {
  const { terminal } = context;
  program
    .command('version')
    .description('Kubernetes versions')
    .command('list')
    .description('versions you can choose')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { items } = await client.call('version.list', {});
      terminal.stdout(formatList(items, versionView, outputOptions(command)));
    });
  program
    .command('flavor')
    .description('sizes of workers')
    .command('list')
    .description('flavors you can choose')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { items } = await client.call('flavor.list', {});
      terminal.stdout(formatList(items, flavorView, outputOptions(command)));
    });
}

export function quotaCommand(program: Command, context: CliContext): void {
  program
    .command('quota')
    .description('limits of the project in OpenStack, and what is left of them')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { items } = await client.call('quota.get', {});
      context.terminal.stdout(formatList(items, quotaView, outputOptions(command)));
    });
}

export function eventCommands(program: Command, context: CliContext): void {
  const { terminal } = context;
  program
    .command('events')
    .description('follow what happens; end with Ctrl-C')
    .option('--cluster <name>', 'of one cluster')
    .option('--after <id>', 'begin after this event; 0 = the first one kept')
    .action(async (options: { cluster?: string; after?: string }, command: Command) => {
      const { client, connection } = await clientOf(context, command);
      const clusterId =
        options.cluster === undefined ? undefined : (await findCluster(client, options.cluster)).cluster.id;
      const query = {
        ...(clusterId === undefined ? {} : { clusterId }),
        ...(options.after === undefined ? {} : { after: options.after }),
      };
      const { output } = outputOptions(command);
      for await (const event of followEvents(connection, query, terminal.signal))
        terminal.stdout(
          output === 'json' || output === 'yaml'
            ? `${JSON.stringify(event)}\n`
            : formatList([event], eventView, { output, headers: false }),
        );
    });
}
