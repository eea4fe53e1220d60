import { kubectl } from './platform.ts';
import { eventually } from './waiting.ts';

/** Applies YAML, or one object, in a customer's cluster. */
export async function apply(context: string, manifest: string | object): Promise<void> {
  await kubectl(context, ['apply', '-f', '-'], typeof manifest === 'string' ? manifest : JSON.stringify(manifest));
}

/** Address of a Service of type LoadBalancer, once it has one. */
export async function serviceAddress(context: string, name: string, namespace = 'default'): Promise<string> {
  const argv = ['get', 'service', name, '-n', namespace, '-o', 'jsonpath={.status.loadBalancer.ingress[0].ip}'];
  const ask = async (): Promise<string | undefined> => (await kubectl(context, argv)) || undefined;
  return await eventually(`${name} has an address`, ask, 300_000, 500);
}

/** Proves that a cluster starts pods; `work` is done while there is one, called `fresh`. */
export async function withFreshPod(context: string, work: () => Promise<void> = async () => undefined): Promise<void> {
  const command = ['--command', '--', 'sleep', '3600'];
  await kubectl(context, ['run', 'fresh', '--image=docker.io/library/busybox:1.35.0', ...command]);
  await kubectl(context, ['wait', 'pod/fresh', '--for=condition=Ready', '--timeout=180s']);
  await work();
  await kubectl(context, ['delete', 'pod/fresh', '--grace-period=1']);
}
