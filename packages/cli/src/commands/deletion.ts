import type { Client } from '@matryoshka/client';
import type { Cluster, DeletionPlan } from '@matryoshka/contract';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { formatData, formatItem, formatList, isData } from '../output/format.ts';
import { clusterView, deletionItemView, receiptView } from '../output/views.ts';
import { parseDuration } from '../parse-duration.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';

export type VolumePolicy = 'keep' | 'delete';

interface DeleteOptions extends WaitOptions {
  readonly volumes?: VolumePolicy;
  readonly grace?: number;
  readonly now?: boolean;
  readonly yes?: boolean;
}

const volumesOption = (): Option =>
  new Option('--volumes <policy>', 'what becomes of the volumes of its claims; default: keep').choices([
    'keep',
    'delete',
  ]);

/** Commands of the group `cluster` that have to do with its end. */
export function deletionCommands(group: Command, context: CliContext): void {
  const { terminal, now } = context;
  withWait(group.command('delete <cluster>'))
    .description('delete a cluster and everything made for it; volumes are kept unless told otherwise')
    .addOption(volumesOption())
    .addOption(
      new Option(
        '--grace <duration>',
        'wait so long before anything is destroyed, e.g. 24h; default: as the cluster says',
      )
        .argParser(parseDuration)
        .conflicts('now'),
    )
    .option('--now', 'begin at once, also when a grace period runs')
    .option('-y, --yes', 'do not ask on a terminal')
    .action(async (name: string, options: DeleteOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const planId = await confirm(context, client, cluster, options);
      const graceSeconds = options.now ? 0 : options.grace === undefined ? undefined : Math.round(options.grace / 1000);
      const operation = await client.call('cluster.delete', {
        params: { clusterId: cluster.id },
        query: {
          ...(options.volumes === undefined ? {} : { volumes: options.volumes }),
          ...(graceSeconds === undefined ? {} : { graceSeconds }),
          ...(planId === undefined ? {} : { planId }),
        },
        idempotencyKey: newIdempotencyKey(),
      });
      if (operation.startsAt !== null)
        terminal.stderr(
          `${cluster.name} is deleted from ${operation.startsAt} on. Undo it until then: kaas cluster undelete ${cluster.name}\n`,
        );
      // What waits for hours is not waited for.
      await finish(
        context,
        command,
        client,
        operation,
        operation.startsAt === null ? options : { ...options, wait: false },
      );
    });

  group
    .command('deletion-plan <cluster>')
    .description('what a deletion would delete, and what it would keep')
    .addOption(volumesOption())
    .action(async (name: string, options: { readonly volumes?: VolumePolicy }, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const plan = await planOf(client, cluster, options.volumes);
      const output = outputOptions(command);
      if (isData(output)) {
        terminal.stdout(formatData(plan, output));
        return;
      }
      terminal.stdout(formatList(plan.items, deletionItemView, output));
      for (const line of remarks(plan)) terminal.stderr(`${line}\n`);
    });

  group
    .command('undelete <cluster>')
    .description('take back a deletion that still waits')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const kept = await client.call('deletion.undo', {
        params: { clusterId: cluster.id },
        idempotencyKey: newIdempotencyKey(),
      });
      terminal.stdout(formatItem(kept, clusterView(now()), outputOptions(command)));
    });
}

/** Receipts of clusters that are gone. */
export function receiptCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('receipt').description('what became of deleted clusters');
  group
    .command('list')
    .description('deleted clusters, the latest first')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const items = await client.list('receipt.list', {});
      terminal.stdout(formatList(items, receiptView(now()), outputOptions(command)));
    });
  group
    .command('get <cluster-id>')
    .description('what a deletion deleted and kept')
    .action(async (clusterId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const receipt = await client.call('receipt.get', { params: { clusterId } });
      const output = outputOptions(command);
      terminal.stdout(
        isData(output)
          ? formatItem(receipt, receiptView(now()), output)
          : formatList(receipt.items, deletionItemView, output),
      );
    });
}

async function planOf(client: Client, cluster: Cluster, volumes: VolumePolicy | undefined): Promise<DeletionPlan> {
  return await client.call('deletion.plan', {
    params: { clusterId: cluster.id },
    query: volumes === undefined ? {} : { volumes },
  });
}

function remarks({ protection, beginsAt, clusterName }: DeletionPlan): readonly string[] {
  return [
    ...(protection ? [`${clusterName} is protected: a deletion is refused until the protection is switched off.`] : []),
    ...(beginsAt === null ? [] : [`Nothing is destroyed before ${beginsAt}; until then a deletion can be undone.`]),
  ];
}

/** Shows a person the plan and asks for the cluster's name; answers the plan that was agreed to. Scripts are not asked. */
async function confirm(
  { terminal }: CliContext,
  client: Client,
  cluster: Cluster,
  { yes, volumes }: DeleteOptions,
): Promise<string | undefined> {
  if (yes || !terminal.stdinIsTty || !terminal.stderrIsTty || cluster.status.phase === 'deleting') return undefined;
  const plan = await planOf(client, cluster, volumes);
  terminal.stderr(formatList(plan.items, deletionItemView, { output: 'table', headers: true }));
  for (const line of remarks(plan)) terminal.stderr(`${line}\n`);
  const answer = await terminal.ask(`Type ${cluster.name} to delete it: `);
  if (answer.trim() === cluster.name) return plan.planId;
  throw new CliError(`${cluster.name} is not deleted`, {
    code: 'not_confirmed',
    exitCode: exitCodes.usage,
    next: 'Type its name when asked, or pass --yes.',
  });
}
