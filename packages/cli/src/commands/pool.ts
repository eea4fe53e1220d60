import type { PoolPatch, PoolSpec } from '@matryoshka/contract';
import type { Command } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { usageError } from '../errors.ts';
import { formatItem, formatList } from '../output/format.ts';
import { poolView } from '../output/views.ts';
import { parseCount } from '../pool-flag.ts';
import { type PoolOptions, poolBody, withPoolFlags } from '../pool-flags.ts';
import { type RolloutOptions, rolloutBody, withRollout } from '../rollout-flags.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';

interface AddOptions extends WaitOptions, RolloutOptions, PoolOptions {
  readonly flavor: string;
  readonly count: number;
}

interface UpdateOptions extends WaitOptions, RolloutOptions, PoolOptions {
  readonly flavor?: string;
}

const count = (text: string): number => parseCount(text, '--count');

export function poolCommands(program: Command, context: CliContext): void {
  const { terminal } = context;
  const change = async (
    command: Command,
    what: { readonly name: string; readonly poolName: string; readonly body: PoolPatch },
    options: WaitOptions,
  ): Promise<void> => {
    const { name, poolName, body } = what;
    const { client } = await clientOf(context, command);
    const { cluster } = await findCluster(client, name);
    const operation = await client.call('pool.update', {
      params: { clusterId: cluster.id, poolName },
      body,
      idempotencyKey: newIdempotencyKey(),
    });
    await finish(context, command, client, operation, options);
  };
  const group = program.command('pool').description('workers of a cluster');

  group
    .command('list <cluster>')
    .description('pools of a cluster')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const { items } = await client.call('pool.list', { params: { clusterId: cluster.id } });
      terminal.stdout(formatList(items, poolView, outputOptions(command)));
    });

  group
    .command('get <cluster> <pool>')
    .description('one pool')
    .action(async (name: string, poolName: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const pool = await client.call('pool.get', { params: { clusterId: cluster.id, poolName } });
      terminal.stdout(formatItem(pool, poolView, outputOptions(command)));
    });

  withPoolFlags(withRollout(withWait(group.command('add <cluster> <pool>'))))
    .description('add a pool')
    .requiredOption('--flavor <flavor>', 'see: kaas flavor list')
    .requiredOption('--count <count>', 'number of workers', count)
    .action(async (name: string, pool: string, options: AddOptions, command: Command) => {
      const body: PoolSpec = {
        name: pool,
        flavor: options.flavor,
        count: options.count,
        ...poolBody(options),
        ...rolloutBody(options),
      };
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const operation = await client.call('pool.create', {
        params: { clusterId: cluster.id },
        body,
        idempotencyKey: newIdempotencyKey(),
      });
      await finish(context, command, client, operation, options);
    });

  withWait(group.command('scale <cluster> <pool>'))
    .description('change the number of workers')
    .requiredOption('--count <count>', 'number of workers', count)
    .action(async (name: string, poolName: string, options: WaitOptions & { count: number }, command: Command) => {
      await change(command, { name, poolName, body: { count: options.count } }, options);
    });

  withPoolFlags(withRollout(withWait(group.command('update <cluster> <pool>'))))
    .description('change the workers of a pool, or how they are replaced')
    .option('--flavor <flavor>', 'another one replaces the workers')
    .addHelpText('after', '\n--label and --taint give all that the pool shall have; an empty one takes them away.')
    .action(async (name: string, poolName: string, options: UpdateOptions, command: Command) => {
      const { flavor } = options;
      const body = { ...(flavor === undefined ? {} : { flavor }), ...poolBody(options), ...rolloutBody(options) };
      if (Object.keys(body).length === 0)
        throw usageError('nothing to change', 'Give for example --autoscale, --label, --flavor or --max-surge.');
      await change(command, { name, poolName, body }, options);
    });

  for (const [verb, paused, description] of [
    ['pause', true, 'replace no more workers of a pool for now'],
    ['resume', false, 'go on replacing workers of a pool'],
  ] as const)
    group
      .command(`${verb} <cluster> <pool>`)
      .description(description)
      .action(async (name: string, poolName: string, _: unknown, command: Command) => {
        await change(command, { name, poolName, body: { rollout: { paused } } }, { wait: false, timeout: 0 });
      });

  withWait(group.command('remove <cluster> <pool>'))
    .description('remove a pool and its workers')
    .action(async (name: string, poolName: string, options: WaitOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const operation = await client.call('pool.delete', {
        params: { clusterId: cluster.id, poolName },
        idempotencyKey: newIdempotencyKey(),
      });
      await finish(context, command, client, operation, options);
    });
}
