import type { Client } from '@matryoshka/client';
import type { Cluster, ClusterCreate, ClusterPatch, DeletionSettings, PoolSpec } from '@matryoshka/contract';
import { type Command, Option } from 'commander';
import { type BackupOptions, backupsOf, withBackups } from '../backup-flags.ts';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { usageError } from '../errors.ts';
import { type HibernationOptions, schedulesOf, withHibernation } from '../hibernation-flags.ts';
import { type MaintenanceOptions, maintenanceOf, withMaintenance } from '../maintenance-flags.ts';
import { spanWords } from '../output/estimate.ts';
import { formatData, formatItem, formatList, isData } from '../output/format.ts';
import { money } from '../output/money-views.ts';
import { clusterView, plannedView, resourceView } from '../output/views.ts';
import { parseDuration } from '../parse-duration.ts';
import { collect, parseLabels, parsePool } from '../pool-flag.ts';
import { who } from '../who.ts';
import { type AllowOptions, issuerCommands, rangesOf, withAllowFrom } from './cluster-access.ts';
import { credentialCommands } from './credential.ts';
import { deletionCommands } from './deletion.ts';
import { hibernationCommands } from './hibernation.ts';
import { logCommand } from './log.ts';
import { logExportCommands } from './log-export.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';
import { upgradeCommand } from './upgrade.ts';

interface CreateOptions
  extends WaitOptions,
    EndingOptions,
    AllowOptions,
    MaintenanceOptions,
    HibernationOptions,
    BackupOptions {
  readonly dryRun?: boolean;
  readonly kubernetesVersion?: string;
  readonly tier?: 'standard' | 'ha';
  readonly label: readonly string[];
  readonly pool: readonly PoolSpec[];
  readonly nodeCidr?: string;
  readonly podCidr?: string;
  readonly serviceCidr?: string;
}

interface UpdateOptions
  extends WaitOptions,
    EndingOptions,
    AllowOptions,
    MaintenanceOptions,
    HibernationOptions,
    BackupOptions {
  readonly label: readonly string[];
  readonly tier?: 'standard' | 'ha';
}

interface EndingOptions {
  readonly deletionProtection?: 'on' | 'off';
  readonly deletionGrace?: number;
  readonly expires?: string;
}

/** Adds the options that say how a cluster may end. */
function withEnding(command: Command): Command {
  return command
    .addOption(new Option('--deletion-protection <switch>', 'on: nobody deletes it').choices(['on', 'off']))
    .addOption(
      new Option('--deletion-grace <duration>', 'a deletion waits so long and can be undone, e.g. 24h').argParser(
        parseDuration,
      ),
    )
    .option('--expires <time>', 'delete it by itself then, e.g. 2026-12-24T18:00:00Z or in 7d; never: not at all');
}

function endingOf(options: EndingOptions, now: Date): DeletionSettings | undefined {
  const { deletionProtection, deletionGrace, expires } = options;
  const given = {
    ...(deletionProtection === undefined ? {} : { protection: deletionProtection === 'on' }),
    ...(deletionGrace === undefined ? {} : { gracePeriodSeconds: Math.round(deletionGrace / 1000) }),
    ...(expires === undefined ? {} : { expiresAt: expires === 'never' ? null : timeOf(expires, now) }),
  };
  return Object.keys(given).length === 0 ? undefined : given;
}

/** A time, or a duration from now on. What is neither is left to the service to refuse. */
function timeOf(text: string, now: Date): string {
  return /^\d+[a-z]/.test(text) ? new Date(now.getTime() + parseDuration(text)).toISOString() : text;
}

/** The body of a creation; what was not given is left to the service's defaults. */
export function clusterBody(name: string, options: CreateOptions, now: Date): ClusterCreate {
  const deletion = endingOf(options, now);
  const ranges = rangesOf(options);
  const maintenance = maintenanceOf(options);
  const hibernation = schedulesOf(options);
  const backup = backupsOf(options);
  const { kubernetesVersion, tier, label, pool, nodeCidr, podCidr, serviceCidr } = options;
  const network = {
    ...(nodeCidr === undefined ? {} : { nodeCidr }),
    ...(podCidr === undefined ? {} : { podCidr }),
    ...(serviceCidr === undefined ? {} : { serviceCidr }),
  };
  return {
    name,
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
    ...(tier === undefined ? {} : { tier }),
    ...(label.length === 0 ? {} : { labels: { ...parseLabels(label) } }),
    ...(Object.keys(network).length === 0 ? {} : { network }),
    ...(pool.length === 0 ? {} : { pools: [...pool] }),
    ...(deletion === undefined ? {} : { deletion }),
    ...(ranges === undefined ? {} : { access: { allowedRanges: [...ranges] } }),
    ...(maintenance === undefined ? {} : { maintenance }),
    ...(hibernation === undefined ? {} : { hibernation }),
    ...(backup === undefined ? {} : { backup }),
  };
}

const isRemoval = (text: string): boolean => /^[^=]+-$/.test(text);

/** As `kubectl label` reads it: `key=value` sets, `key-` removes. */
function changedLabels(labels: Readonly<Record<string, string>>, changes: readonly string[]): Record<string, string> {
  const removed = new Set(changes.filter(isRemoval).map((text) => text.slice(0, -1)));
  const kept = Object.entries(labels).filter(([key]) => !removed.has(key));
  return { ...Object.fromEntries(kept), ...parseLabels(changes.filter((text) => !isRemoval(text))) };
}

export function clusterCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('cluster').description('your Kubernetes clusters');

  withBackups(withHibernation(withMaintenance(withAllowFrom(withEnding(withWait(group.command('create <name>')))))))
    .description('create a cluster')
    .option('--kubernetes-version <version>', 'see: kaas version list')
    .addOption(new Option('--tier <tier>', 'replicas of the control plane').choices(['standard', 'ha']))
    .option(
      '--pool <name:flavor:count>',
      'a pool of workers, repeatable',
      (text, pools: readonly PoolSpec[]) => [...pools, parsePool(text)],
      [] as readonly PoolSpec[],
    )
    .option('--label <key=value>', 'a word of your own to find it by, repeatable', collect, [] as readonly string[])
    .option('--node-cidr <cidr>', 'network of the workers')
    .option('--pod-cidr <cidr>', 'network of the pods')
    .option('--service-cidr <cidr>', 'network of the services')
    .option('--dry-run', 'show what would be created, and create nothing')
    .action(async (name: string, options: CreateOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      if (options.dryRun) {
        await showPlan(context, command, client, clusterBody(name, options, now()));
        return;
      }
      const idempotencyKey = newIdempotencyKey();
      const operation = await client.call('cluster.create', {
        body: clusterBody(name, options, now()),
        idempotencyKey,
      });
      await finish(context, command, client, operation, options);
    });

  group
    .command('list')
    .description('clusters of the project')
    .option('-l, --selector <selector>', 'of labels, e.g. env=prod,team!=a')
    .action(async ({ selector }: { readonly selector?: string }, command: Command) => {
      const { client } = await clientOf(context, command);
      const items = await client.list('cluster.list', selector === undefined ? {} : { query: { selector } });
      terminal.stdout(formatList(items, clusterView(now()), outputOptions(command)));
    });

  group
    .command('get <cluster>')
    .description('one cluster, by name or id')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const output = outputOptions(command);
      terminal.stdout(formatItem(cluster, clusterView(now()), output));
      // For a person beside the table; programs have it in the document.
      if (output.output === 'table' || output.output === 'wide') terminal.stderr(troublesOf(cluster));
    });

  group
    .command('resources <cluster>')
    .description('load balancers, addresses and volumes that Kubernetes made for a cluster')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const items = await client.list('resource.list', { params: { clusterId: cluster.id } });
      terminal.stdout(formatList(items, resourceView(now()), outputOptions(command)));
    });

  withBackups(withHibernation(withMaintenance(withAllowFrom(withEnding(withWait(group.command('update <cluster>')))))))
    .description(
      'change the tier, the labels, from where it may be reached, when the service may change it by itself, or how it may end',
    )
    .option('--label <key=value>', 'set one, or remove it with key-; repeatable', collect, [] as readonly string[])
    .addOption(new Option('--tier <tier>').choices(['standard', 'ha']))
    .action(async (name: string, options: UpdateOptions, command: Command) => {
      const deletion = endingOf(options, now());
      const ranges = rangesOf(options);
      const maintenance = maintenanceOf(options);
      const hibernation = schedulesOf(options);
      const backup = backupsOf(options);
      const body: ClusterPatch = {
        ...(options.tier === undefined ? {} : { tier: options.tier }),
        ...(deletion === undefined ? {} : { deletion }),
        ...(ranges === undefined ? {} : { access: { allowedRanges: [...ranges] } }),
        ...(maintenance === undefined ? {} : { maintenance }),
        ...(hibernation === undefined ? {} : { hibernation }),
        ...(backup === undefined ? {} : { backup }),
      };
      if (Object.keys(body).length === 0 && options.label.length === 0)
        throw usageError(
          'nothing to change',
          'Give --tier, --label, --allow-from, --maintenance-window, --auto-upgrade, --sleep, --wake, --backup, --backup-keep, --deletion-protection, --deletion-grace or --expires.',
        );
      const { client } = await clientOf(context, command);
      const { cluster, etag } = await findCluster(client, name);
      const operation = await client.call('cluster.update', {
        params: { clusterId: cluster.id },
        body: options.label.length === 0 ? body : { ...body, labels: changedLabels(cluster.labels, options.label) },
        idempotencyKey: newIdempotencyKey(),
        ...(etag === undefined ? {} : { ifMatch: etag }),
      });
      await finish(context, command, client, operation, options);
    });

  upgradeCommand(group, context);
  hibernationCommands(group, context);

  logCommand(group, context);
  logExportCommands(group, context);

  issuerCommands(group, context);

  deletionCommands(group, context);

  credentialCommands(group, context);
}

/** Every condition that names somebody who must act, the one that holds everything up last, once. */
function troublesOf({ status }: Cluster): string {
  const named = status.conditions.filter(({ status: said, actor }) => said !== 'True' && actor !== undefined);
  const causes = new Map(named.map((condition) => [condition.message, condition]));
  return [...causes.values()]
    .map(({ reason, message, actor = 'us' }) => `${message} [${reason}]\n  who must act: ${who[actor]}\n`)
    .join('');
}

async function showPlan(context: CliContext, command: Command, client: Client, body: ClusterCreate): Promise<void> {
  const { terminal } = context;
  const plan = await client.call('cluster.plan', { body });
  const output = outputOptions(command);
  if (isData(output)) {
    terminal.stdout(formatData(plan, output));
    return;
  }
  terminal.stdout(formatList(plan.creates, plannedView, output));
  const { estimate, price } = plan;
  const cost = price === null ? '' : ` for ${money(price.perMonth, price.currency)} a month`;
  const duration = estimate === null ? '' : `, in about ${spanWords(estimate)}`;
  terminal.stderr(
    `${plan.name} would be a ${plan.tier} cluster of ${plan.kubernetesVersion}${cost}${duration}. Nothing was created.\n`,
  );
  const tight = plan.quota.filter(({ left }) => left !== null && left < 3);
  for (const { resource, left, limit } of tight) terminal.stderr(`Then ${left} of ${limit} ${resource} are left.\n`);
}
