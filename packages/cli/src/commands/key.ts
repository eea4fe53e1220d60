import { type ClusterKey, clusterKeys } from '@matryoshka/contract';
import { Argument, type Command } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { formatData, formatList, isData, type View } from '../output/format.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';

/** `key …`: what a cluster is served by that its owner never sees. */
export function keyCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('key').description('keys that a cluster is served by');

  group
    .command('list <cluster>')
    .description('keys and their age')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const found = await client.call('key.list', { params: { clusterId: cluster.id } });
      const output = outputOptions(command);
      terminal.stdout(isData(output) ? formatData(found, output) : formatList(found.items, keyView(now()), output));
    });

  withWait(group.command('rotate <cluster>'))
    .description('replace a key; nothing that you have was made with it, and no worker is replaced')
    .addArgument(new Argument('<key>', 'which one').choices([...clusterKeys]))
    .action(async (name: string, key: ClusterKey['key'], options: WaitOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const params = { clusterId: cluster.id, key };
      const operation = await client.call('key.rotate', { params, idempotencyKey: newIdempotencyKey() });
      await finish(context, command, client, operation, options);
    });
}

const ageOf = (madeAt: string, now: Date): string =>
  `${Math.floor((now.getTime() - Date.parse(madeAt)) / 86_400_000)}d`;

const keyView = (now: Date): View<ClusterKey> => ({
  name: ({ key }) => key,
  columns: [
    { head: 'KEY', cell: ({ key }) => key },
    { head: 'STATE', cell: ({ state }) => state },
    { head: 'AGE', cell: ({ madeAt }) => (madeAt === null ? '-' : ageOf(madeAt, now)) },
    { head: 'MADE', cell: ({ madeAt }) => madeAt ?? '-', wide: true },
  ],
});
