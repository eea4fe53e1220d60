import { createKubeClient, type KubeClient, parseKubeconfig } from '@matryoshka/kube';
import { readFileIfExists } from '@matryoshka/system';
import type { PlatformPaths } from '../config.ts';

/** A client of the management cluster as its administrator, to be closed by the caller; undefined before there is a kubeconfig. */
export async function managementClient(paths: PlatformPaths): Promise<KubeClient | undefined> {
  const text = await readFileIfExists(paths.managementKubeconfig);
  if (text === undefined) return undefined;
  return createKubeClient(parseKubeconfig(text), { timeoutMs: 15_000, connectTimeoutMs: 3_000 });
}

/** Runs `work` with a client of the management cluster. Throws when there is no kubeconfig: the steps before have not run. */
export async function withManagement<T>(paths: PlatformPaths, work: (client: KubeClient) => Promise<T>): Promise<T> {
  const client = await managementClient(paths);
  if (client === undefined) throw new Error(`${paths.managementKubeconfig} is missing`);
  try {
    return await work(client);
  } finally {
    await client.close();
  }
}
