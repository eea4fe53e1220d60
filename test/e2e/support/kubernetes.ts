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
