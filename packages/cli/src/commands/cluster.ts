import type { ClusterCreate, PoolSpec } from '@matryoshka/contract';
import { type Command, Option } from 'commander';
import { type CliContext, clientOf, findCluster, outputOptions } from '../context.ts';
import { storeEntry } from '../kubeconfig/files.ts';
import { entryOf } from '../kubeconfig/merge.ts';
import { formatItem, formatList } from '../output/format.ts';
import { clusterView, resourceView } from '../output/views.ts';
import { parsePool } from '../pool-flag.ts';
import { finish, newIdempotencyKey, type WaitOptions, withWait } from './operation.ts';

interface CreateOptions extends WaitOptions {
  readonly kubernetesVersion?: string;
  readonly tier?: 'standard' | 'ha';
  readonly pool: readonly PoolSpec[];
  readonly nodeCidr?: string;
  readonly podCidr?: string;
  readonly serviceCidr?: string;
}

interface DeleteOptions extends WaitOptions {
  readonly volumes: 'keep' | 'delete';
}

/** The body of a creation; what was not given is left to the service's defaults. */
export function clusterBody(name: string, options: CreateOptions): ClusterCreate {
  const { kubernetesVersion, tier, pool, nodeCidr, podCidr, serviceCidr } = options;
  const network = {
    ...(nodeCidr === undefined ? {} : { nodeCidr }),
    ...(podCidr === undefined ? {} : { podCidr }),
    ...(serviceCidr === undefined ? {} : { serviceCidr }),
  };
  return {
    name,
    ...(kubernetesVersion === undefined ? {} : { kubernetesVersion }),
    ...(tier === undefined ? {} : { tier }),
    ...(Object.keys(network).length === 0 ? {} : { network }),
    ...(pool.length === 0 ? {} : { pools: [...pool] }),
  };
}

export function clusterCommands(program: Command, context: CliContext): void {
  const { terminal, now } = context;
  const group = program.command('cluster').description('your Kubernetes clusters');

  withWait(group.command('create <name>'))
    .description('create a cluster')
    .option('--kubernetes-version <version>', 'see: kaas version list')
    .addOption(new Option('--tier <tier>', 'replicas of the control plane').choices(['standard', 'ha']))
    .option(
      '--pool <name:flavor:count>',
      'a pool of workers, repeatable',
      (text, pools: readonly PoolSpec[]) => [...pools, parsePool(text)],
      [] as readonly PoolSpec[],
    )
    .option('--node-cidr <cidr>', 'network of the workers')
    .option('--pod-cidr <cidr>', 'network of the pods')
    .option('--service-cidr <cidr>', 'network of the services')
    .action(async (name: string, options: CreateOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const idempotencyKey = newIdempotencyKey();
      const operation = await client.call('cluster.create', { body: clusterBody(name, options), idempotencyKey });
      await finish(context, command, client, operation, options);
    });

  group
    .command('list')
    .description('clusters of the project')
    .action(async (_: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const items = await client.list('cluster.list', {});
      terminal.stdout(formatList(items, clusterView(now()), outputOptions(command)));
    });

  group
    .command('get <cluster>')
    .description('one cluster, by name or id')
    .action(async (name: string, _: unknown, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      terminal.stdout(formatItem(cluster, clusterView(now()), outputOptions(command)));
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

  withWait(group.command('update <cluster>'))
    .description('change the tier')
    .addOption(new Option('--tier <tier>').choices(['standard', 'ha']).makeOptionMandatory())
    .action(async (name: string, options: WaitOptions & { tier: 'standard' | 'ha' }, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster, etag } = await findCluster(client, name);
      const operation = await client.call('cluster.update', {
        params: { clusterId: cluster.id },
        body: { tier: options.tier },
        idempotencyKey: newIdempotencyKey(),
        ...(etag === undefined ? {} : { ifMatch: etag }),
      });
      await finish(context, command, client, operation, options);
    });

  withWait(group.command('delete <cluster>'))
    .description('delete a cluster and everything made for it; volumes are kept unless told otherwise')
    .addOption(
      new Option('--volumes <policy>', 'what becomes of the volumes of its claims')
        .choices(['keep', 'delete'])
        .default('keep'),
    )
    .action(async (name: string, options: DeleteOptions, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const operation = await client.call('cluster.delete', {
        params: { clusterId: cluster.id },
        query: { volumes: options.volumes },
        idempotencyKey: newIdempotencyKey(),
      });
      await finish(context, command, client, operation, options);
    });

  group
    .command('kubeconfig <cluster>')
    .description('merge access to a cluster into your kubeconfig, as the current context')
    .option('--stdout', 'print the kubeconfig and change nothing')
    .option('--context-name <name>', 'name of the context; default: the name of the cluster')
    .action(async (name: string, options: { stdout?: boolean; contextName?: string }, command: Command) => {
      const { client } = await clientOf(context, command);
      const { cluster } = await findCluster(client, name);
      const answer = await client.call('cluster.kubeconfig', { params: { clusterId: cluster.id } });
      if (options.stdout) {
        terminal.stdout(answer.kubeconfig);
        return;
      }
      const contextName = options.contextName ?? cluster.name;
      const path = await storeEntry(terminal, entryOf(answer.kubeconfig, contextName));
      terminal.stderr(`context ${contextName} is in ${path} and is the current one\n`);
    });
}
