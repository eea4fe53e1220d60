import type { Client } from '@matryoshka/client';
import type { Operation, UpgradePlan } from '@matryoshka/contract';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { CliError } from '../errors.ts';
import { exitCodes } from '../exit-codes.ts';
import { spanWords } from '../output/estimate.ts';
import { formatData, formatList, isData } from '../output/format.ts';
import { upgradeStepView } from '../output/views.ts';
import { who } from '../who.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';

interface UpgradeOptions extends WaitOptions {
  readonly to?: string;
  readonly pools: 'none' | 'all';
  readonly dryRun?: boolean;
  readonly force?: boolean;
}

/** `cluster upgrade`: the control plane, then its pools, after a look at what stands in the way. */
export function upgradeCommand(group: Command, context: CliContext): void {
  const { terminal } = context;
  withWait(group.command('upgrade <cluster>'))
    .description('bring the control plane, then the workers, to another Kubernetes version')
    .option('--to <version>', 'default: the newest that can be reached, one minor at a time')
    .addOption(
      new Option('--pools <which>', 'all: workers follow the control plane; none: it goes alone')
        .choices(['all', 'none'])
        .default('all'),
    )
    .option('--dry-run', 'show what would happen and what stands in the way, and change nothing')
    .option('--force', 'although something stands in the way')
    .action(async (name: string, options: UpgradeOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const { to, pools } = options;
      const plan = await client.call('upgrade.plan', {
        params: { clusterId: cluster.id },
        query: { pools, ...(to === undefined ? {} : { version: to }) },
      });
      const output = outputOptions(command);
      if (isData(output) && options.dryRun) {
        terminal.stdout(formatData(plan, output));
        return;
      }
      if (options.dryRun) terminal.stdout(formatList(plan.steps, upgradeStepView, output));
      terminal.stderr(remarks(plan));
      if (options.dryRun) return;
      if (!plan.ready && !options.force)
        throw new CliError(`${cluster.name} is not ready for an upgrade`, {
          code: 'upgrade_blocked',
          exitCode: exitCodes.conflict,
          actor: 'user',
          next: 'Remove what blocks it, or give --force where the service allows it.',
        });
      const operation = await begin(client, plan);
      if (operation === undefined) terminal.stderr(`${cluster.name} has nothing to be upgraded.\n`);
      else await finish(context, command, client, operation, options);
    });
}

/** Asks for every step; pools wait for the control plane by themselves. Answers the last operation, which ends when all do. */
async function begin(client: Client, { clusterId, steps }: UpgradePlan): Promise<Operation | undefined> {
  let last: Operation | undefined;
  for (const { kind, name, to } of steps) {
    const common = { body: { kubernetesVersion: to }, idempotencyKey: newIdempotencyKey() };
    last =
      kind === 'control-plane'
        ? await client.call('cluster.update', { params: { clusterId }, ...common })
        : await client.call('pool.update', { params: { clusterId, poolName: name }, ...common });
  }
  return last;
}

function remarks({ findings, to, from, estimate }: UpgradePlan): string {
  const found = findings.map(
    ({ severity, code, message, actor, next }) =>
      `${severity}: ${message} [${code}]\n  who must act: ${who[actor]}\n  next step: ${next}\n`,
  );
  const duration = estimate === null ? '' : `Control planes like it took ${spanWords(estimate)}.\n`;
  return `${found.join('')}${to === null ? `There is nothing newer than ${from} here.\n` : duration}`;
}
