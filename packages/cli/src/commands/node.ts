import { type Command, Option } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { formatItem, formatList } from '../output/format.ts';
import { nodeView, repairView } from '../output/views.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';

const states = ['provisioning', 'ready', 'not-ready', 'deleting'] as const;

interface ListOptions {
  readonly pool?: string;
  readonly state?: (typeof states)[number];
}

export function nodeCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('node').description('single workers of a cluster');
  group
    .command('list <cluster>')
    .description('workers, and why they are not ready')
    .option('--pool <pool>', 'of this pool')
    .addOption(new Option('--state <state>').choices([...states]))
    .action(async (name: string, { pool, state }: ListOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const query = { ...(pool === undefined ? {} : { pool }), ...(state === undefined ? {} : { state }) };
      const items = await client.list('node.list', { params: { clusterId: cluster.id }, query });
      terminal.stdout(formatList(items, nodeView(now()), outputOptions(command)));
    });
  group
    .command('get <cluster> <node>')
    .description('one worker')
    .action(async (name: string, nodeName: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const node = await client.call('node.get', { params: { clusterId: cluster.id, nodeName } });
      terminal.stdout(formatItem(node, nodeView(now()), outputOptions(command)));
    });
  group
    .command('repairs <cluster>')
    .description('workers that were replaced because they were not well, and why')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const items = await client.list('repair.list', { params: { clusterId: cluster.id } });
      terminal.stdout(formatList(items, repairView(now()), outputOptions(command)));
    });
  withWait(group.command('recycle <cluster> <node>'))
    .description('replace a worker by a new one')
    .action(async (name: string, nodeName: string, options: WaitOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const operation = await client.call('node.recycle', {
        params: { clusterId: cluster.id, nodeName },
        idempotencyKey: newIdempotencyKey(),
      });
      await finish(context, command, client, operation, options);
    });
}
