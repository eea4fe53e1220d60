import type { Terminal } from '@matryoshka/cli';
import { componentBinary, imageRef } from '@matryoshka/components';
import { formatDuration, type PlatformConfig, platformPaths } from '@matryoshka/installer';
import { type KubeObject, podTrouble } from '@matryoshka/kube';
import { errorMessage, TypedError, waitFor } from '@matryoshka/system';
import { type Commands, createCommands } from './commands.ts';
import { ensureCustomer } from './customer.ts';
import { helloManifest } from './workload.ts';

const name = 'demo';

export interface QuickstartOptions {
  readonly config: PlatformConfig;
  readonly terminal: Terminal;
  readonly version: string;
  /** How long the platform took to come up. */
  readonly upMs: number;
}

interface Timing {
  readonly what: string;
  readonly ms: number;
}

/**
 * A customer's cluster on the platform that is up: a project, an HA cluster of two workers, its kubeconfig, a deployment, logs and exec
 * through konnectivity, and the deployment through a load balancer. May be run again: what is there is used.
 */
export async function quickstart({ config, terminal, version, upMs }: QuickstartOptions): Promise<void> {
  const timings: Timing[] = [{ what: 'platform', ms: upMs }];
  const timed = async <T>(what: string, work: () => Promise<T>): Promise<T> => {
    const started = performance.now();
    const result = await work();
    timings.push({ what, ms: performance.now() - started });
    return result;
  };
  const paths = platformPaths(config);
  const place = { adminFile: paths.openstackAdminFile, secretsDir: paths.secrets };
  const customer = await timed('customer project', async () => await ensureCustomer(place, name, terminal.signal));
  const commands = createCommands({
    terminal,
    version,
    url: `http://127.0.0.1:${config.ports.api}`,
    kubectl: await componentBinary('kubectl'),
    context: name,
  });
  const login = ['login', '--user', customer.user, '--project', customer.project];
  await commands.kaas(login, { env: { OS_PASSWORD: customer.password } });
  await timed('cluster', async () => await ensureCluster(commands));
  await commands.kaas(['cluster', 'kubeconfig', name]);
  await commands.kubectl(['get', 'nodes']);
  await timed('workload', async () => {
    await commands.kubectl(['apply', '-f', '-'], { input: helloManifest(imageRef('busybox')) });
    await rollout(commands);
  });
  await timed('logs', async () => expectHello(await commands.kubectl(['logs', 'deployment/hello', '--tail=5'])));
  await timed('exec', async () =>
    expectHello(
      await commands.kubectl(['exec', 'deployment/hello', '--', 'wget', '-q', '-O', '-', 'http://127.0.0.1:8080/']),
    ),
  );
  await timed('load balancer', async () => await curlLoadBalancer(commands, terminal));
  terminal.stderr(summary(config, timings));
}

/** Waits until both pods serve; when they do not, says which pod and why instead of kubectl's "timed out". */
async function rollout(commands: Commands): Promise<void> {
  try {
    await commands.kubectl(['rollout', 'status', 'deployment/hello', '--timeout=180s']);
  } catch (error) {
    const pods = JSON.parse(
      await commands.kubectl(['get', 'pods', '-l', 'app=hello', '-o', 'json'], { quiet: true }),
    ) as {
      readonly items: readonly KubeObject[];
    };
    const troubles = pods.items.flatMap((pod) => {
      const trouble = podTrouble(pod);
      return trouble === undefined ? [] : [`${pod.metadata.name}: ${trouble}`];
    });
    throw new TypedError(`The workload does not run: ${troubles.join('; ') || errorMessage(error)}`, {
      code: 'workload_not_ready',
      next: 'See more: kaas kubectl describe pods -l app=hello; then run quickstart again, which goes on from here.',
      cause: error,
    });
  }
}

const loadBalancerTimeoutMs = 120_000;

/** Waits for the address of the Service and asks the workload through it, as anybody outside would. */
async function curlLoadBalancer(commands: Commands, terminal: Terminal): Promise<void> {
  const ready = 'jsonpath={.status.loadBalancer.ingress[0].ip}';
  await commands.kubectl(['wait', 'service/hello', `--for=${ready}`, '--timeout=120s']);
  const address = await commands.kubectl(['get', 'service/hello', '-o', ready]);
  terminal.stderr(`\n\n$ curl http://${address}/\n`);
  const answer = await poll(
    async () => {
      const response = await fetch(`http://${address}/`, { signal: AbortSignal.timeout(5_000) });
      return response.ok ? await response.text() : undefined;
    },
    { timeoutMs: loadBalancerTimeoutMs, signal: terminal.signal },
  );
  terminal.stderr(answer);
  expectHello(answer);
}

/** Asks until there is an answer; the members of a new load balancer are not reachable at once. */
async function poll(
  ask: () => Promise<string | undefined>,
  { timeoutMs, signal }: { readonly timeoutMs: number; readonly signal: AbortSignal },
): Promise<string> {
  let answer: string | undefined;
  const asked = async (): Promise<boolean> => {
    signal.throwIfAborted();
    answer = await ask().catch(() => undefined);
    return answer !== undefined;
  };
  await waitFor(asked, { timeoutMs, intervalMs: 200 });
  return answer ?? '';
}

/** A new cluster, or the one of an earlier run: then what is still going on with it is waited for. */
async function ensureCluster(commands: Commands): Promise<void> {
  const clusters = JSON.parse(await commands.kaas(['cluster', 'list', '-o', 'json'], { quiet: true })) as {
    readonly items: readonly { readonly name: string; readonly status: { readonly phase: string } }[];
  };
  const existing = clusters.items.find((cluster) => cluster.name === name);
  if (existing?.status.phase === 'deleting')
    throw new TypedError(`The cluster ${name} of an earlier run is being deleted`, {
      code: 'cluster_deleting',
      actor: 'user',
      next: 'Wait until `kaas cluster list` does not show it any more, then run quickstart again.',
    });
  if (existing === undefined) {
    await commands.kaas(['cluster', 'create', name, '--tier', 'ha', '--pool', 'workers:m1.medium:2', '--wait']);
    return;
  }
  const operations = JSON.parse(
    await commands.kaas(['operation', 'list', '--cluster', name, '-o', 'json'], { quiet: true }),
  ) as { readonly items: readonly { readonly id: string; readonly done: boolean }[] };
  for (const operation of operations.items.filter(({ done }) => !done))
    await commands.kaas(['operation', 'wait', operation.id]);
  if (existing.status.phase.startsWith('hibernat')) await commands.kaas(['cluster', 'wake', name, '--wait']);
  await commands.kaas(['cluster', 'get', name]);
}

function expectHello(text: string): void {
  if (!text.includes('hello from'))
    throw new TypedError(`The workload did not answer as it should: ${text.slice(0, 200)}`, {
      code: 'workload_silent',
      actor: 'us',
    });
}

function summary(config: PlatformConfig, timings: readonly Timing[]): string {
  const width = Math.max(...timings.map(({ what }) => what.length));
  const rows = timings.map(({ what, ms }) => `  ${what.padEnd(width)}  ${formatDuration(ms)}`);
  const hints = [
    ['kaas cluster list', 'your clusters'],
    ['kaas kubectl get pods -A', `everything in the cluster (context ${name})`],
    ['kaas kubectl get service hello', 'its load balancer: curl http://EXTERNAL-IP/'],
    ['kaas kubectl port-forward deployment/hello 8080', 'then: curl http://127.0.0.1:8080/'],
    [`kaas pool scale ${name} workers --count 3 --wait`, 'one more worker'],
    ['kaas cluster create second --pool w:m1.small:1 --wait', 'another cluster'],
    [`kaas cluster delete ${name} --wait`, 'everything of it goes'],
    ['kaas quickstart', 'logs you in again when the session has ended, after an hour'],
    [`eval "$(kaas cloud openrc --project ${name})"`, 'then: openstack server list'],
    ['kaas status, kaas doctor, kaas down --purge', `the platform itself (${config.dataDir})`],
  ] as const;
  const commandWidth = Math.max(...hints.map(([command]) => command.length));
  return `
${name} is a Kubernetes cluster: its control plane runs as pods in the management cluster, its workers are servers of the project ${name}.

${rows.join('\n')}

What to try next:
${hints.map(([command, what]) => `  ${command.padEnd(commandWidth)}  ${what}`).join('\n')}
`;
}
