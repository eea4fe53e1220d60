import { buildKubeconfig, parseServer } from '@matryoshka/kube';

/** The kubeconfig with nothing but the server and how it is known; the same text for the same two. */
export function withoutCredentials(kubeconfig: string): string {
  return JSON.stringify(buildKubeconfig({ name: 'cluster', connection: parseServer(kubeconfig) }));
}
