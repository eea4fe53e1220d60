import type { Backup } from '@matryoshka/contract';
import { waitFor } from '@matryoshka/system';
import type { Command } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { momentOf } from '../moment.ts';
import { backupView } from '../output/backup-views.ts';
import { formatItem, formatList } from '../output/format.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';

/** `backup …`: copies of all Kubernetes objects of a cluster. */
export function backupCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('backup').description('copies of all Kubernetes objects of a cluster');

  group
    .command('list <cluster>')
    .description('backups of a cluster, the newest first')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const items = await client.list('backup.list', { params: { clusterId: cluster.id } });
      terminal.stdout(formatList(items, backupView(now()), outputOptions(command)));
    });

  group
    .command('get <cluster> <backup>')
    .description('one backup')
    .action(async (name: string, backupId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const found = await client.call('backup.get', { params: { clusterId: cluster.id, backupId } });
      terminal.stdout(formatItem(found, backupView(now()), outputOptions(command)));
      if (found.error !== null) terminal.stderr(`${found.error}\n`);
    });

  withWait(group.command('create <cluster>'))
    .description('back it up while it goes on, as it is now or was at a moment; contents of volumes are not in it')
    .option('--at <time>', 'as it was then: a time, or how long ago (10m); not before `recoverableFrom` of the cluster')
    .action(async (name: string, options: WaitOptions & { readonly at?: string }, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const params = { clusterId: cluster.id };
      let made = await client.call('backup.create', {
        ...{ params, idempotencyKey: newIdempotencyKey() },
        ...(options.at === undefined ? {} : { body: { moment: momentOf(options.at, now()) } }),
      });
      if (options.wait)
        made = await ended(
          async () => await client.call('backup.get', { params: { ...params, backupId: made.id } }),
          options,
        );
      terminal.stdout(formatItem(made, backupView(now()), outputOptions(command)));
      if (made.state === 'failed')
        throw new CliError(`the backup ${made.id} failed: ${made.error}`, {
          code: 'backup_failed',
          exitCode: exitCodes.error,
          actor: 'provider',
          next: 'Tell your provider; nothing was changed in the cluster.',
        });
    });

  group
    .command('delete <cluster> <backup>')
    .description('remove a backup for good')
    .action(async (name: string, backupId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const params = { clusterId: cluster.id, backupId };
      await client.call('backup.delete', { params, idempotencyKey: newIdempotencyKey() });
      terminal.stderr(`${backupId} is removed.\n`);
    });

  withWait(group.command('restore <cluster> <backup>'))
    .description('give the cluster the objects of the backup instead of those it has, which are backed up first')
    .action(async (name: string, backupId: string, options: WaitOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const params = { clusterId: cluster.id, backupId };
      const operation = await client.call('backup.restore', { params, idempotencyKey: newIdempotencyKey() });
      await finish(context, command, client, operation, options);
    });
}

/** The backup once it has ended. Throws CliError `timed_out`. */
async function ended(ask: () => Promise<Backup>, { timeout }: WaitOptions): Promise<Backup> {
  let found = await ask();
  const isOver = async (): Promise<boolean> => {
    found = await ask();
    return found.state === 'succeeded' || found.state === 'failed';
  };
  if (await waitFor(isOver, { timeoutMs: timeout, intervalMs: 500 })) return found;
  throw new CliError(`the backup ${found.id} is not done after ${timeout / 1000} s`, {
    code: 'timed_out',
    exitCode: exitCodes.timedOut,
    next: `It goes on. Run: kaas backup get ${found.clusterId} ${found.id}`,
  });
}
