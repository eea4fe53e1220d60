import type { FleetSummary } from '@matryoshka/contract';
import { clusterPhases, leftoverKinds } from '@matryoshka/contract/routes';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, outputOptions } from '../context.ts';
import { usageError } from '../errors.ts';
import { fleetClusterView, leftoverView } from '../output/fleet-views.ts';
import { formatData, formatList, isData } from '../output/format.ts';
import { managementClusterCommands } from './management-cluster.ts';
import { newIdempotencyKey } from './operation.ts';
import { remainCommands } from './remain.ts';
import { fleetUsageCommand } from './usage.ts';

interface ClustersOptions {
  readonly phase?: (typeof clusterPhases)[number];
  readonly tier?: 'standard' | 'ha';
  readonly managementCluster?: string;
  readonly version?: string;
  readonly cause?: string;
  readonly troubled?: boolean;
  readonly late?: boolean;
}

/** For administrators of the provider. */
export function fleetCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('fleet').description('provider: all projects together');
  group
    .command('summary')
    .description('all clusters, counted: phases, versions, causes, operations that are late')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const summary = await client.call('fleet.summary', {});
      const output = outputOptions(command);
      terminal.stdout(isData(output) ? formatData(summary, output) : summaryText(summary));
    });
  group
    .command('clusters [search]')
    .description(
      'clusters of all projects; found by any name, id or address of theirs, also of workers, servers, load balancers, volumes',
    )
    .addOption(new Option('--phase <phase>').choices(clusterPhases))
    .addOption(new Option('--tier <tier>').choices(['standard', 'ha']))
    .option('--management-cluster <name>', 'where the control plane runs')
    .option('--version <version>', 'that runs')
    .option('--cause <code>', 'see docs/causes.md')
    .option('--troubled', 'with any cause')
    .addOption(new Option('--late', 'with an operation that is late').conflicts('troubled'))
    .action(async (search: string | undefined, options: ClustersOptions, command: Command) => {
      const { troubled, late, ...filter } = options;
      const { client } = await clientOf(context, command);
      const items = await client.list('fleet.clusters', {
        query: {
          ...filter,
          ...(search === undefined ? {} : { search }),
          ...(troubled ? { attention: 'troubled' as const } : late ? { attention: 'late' as const } : {}),
        },
      });
      terminal.stdout(formatList(items, fleetClusterView(now()), outputOptions(command)));
    });
  group
    .command('leftovers')
    .description('what deleted clusters left in the projects of customers')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      terminal.stdout(formatList(await client.list('leftover.list', {}), leftoverView(now()), outputOptions(command)));
    });
  group
    .command('remove-leftover <kind> <id>')
    .description('remove one that nobody wanted to keep')
    .action(async (kind: string, leftoverId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const params = { kind: leftoverKind(kind), leftoverId };
      await client.call('leftover.remove', { params, idempotencyKey: newIdempotencyKey() });
      terminal.stderr(`${kind} ${leftoverId} goes within a minute. See: kaas fleet leftovers\n`);
    });
  group
    .command('adopt-leftover <kind> <id> <clusterId>')
    .description('give a volume or snapshot to another cluster of its project: its inventory, costs and deletion plan')
    .action(async (kind: string, leftoverId: string, clusterId: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const params = { kind: leftoverKind(kind), leftoverId };
      await client.call('leftover.adopt', { params, body: { clusterId }, idempotencyKey: newIdempotencyKey() });
      terminal.stderr(
        `${kind} ${leftoverId} becomes part of ${clusterId} within a minute. See: kaas fleet leftovers\n`,
      );
    });
  remainCommands(group, context);
  managementClusterCommands(group, context);
  fleetUsageCommand(group, context);
}

function leftoverKind(word: string): (typeof leftoverKinds)[number] {
  const known = leftoverKinds.find((kind) => kind === word);
  if (known === undefined) throw usageError(`there is no kind ${word}`, `One of: ${leftoverKinds.join(', ')}`);
  return known;
}

function summaryText({
  clusters,
  projects,
  workers,
  phases: by,
  tiers,
  versions,
  causes,
  operations,
}: FleetSummary): string {
  const counts = (record: Readonly<Record<string, number>>): string =>
    Object.entries(record)
      .toSorted(([, a], [, b]) => b - a)
      .map(([word, n]) => `${n} ${word}`)
      .join(', ');
  return [
    `${clusters} clusters in ${projects} projects, ${workers.ready} of ${workers.wanted} workers ready`,
    `phases: ${counts(by) || 'none'}`,
    `tiers: ${counts(tiers) || 'none'}`,
    `versions: ${counts(versions) || 'none'}`,
    `operations: ${operations.running} running, ${operations.late} late`,
    ...causes.map(({ code, actor, clusters: n }) => `cause: ${n} × ${code} (${actor} must act)`),
    '',
  ].join('\n');
}
