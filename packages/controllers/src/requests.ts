import { type KubeObject, parseQuantity } from '@matryoshka/kube';

export type Quantities = Readonly<Record<string, string | number>>;

interface Container {
  readonly restartPolicy?: string;
  readonly resources?: { readonly requests?: Quantities };
}

interface PodSpec {
  readonly containers?: readonly Container[];
  readonly initContainers?: readonly Container[];
  readonly overhead?: Quantities;
}

/**
 * What the scheduler counts for a pod: all that run at once, or the largest init container beside the sidecars that were begun before it.
 * Source: kubernetes/component-helpers, resource.PodRequests.
 */
export function requestOf(pod: KubeObject, name: string): number {
  const { containers = [], initContainers = [], overhead } = (pod.spec ?? {}) as PodSpec;
  const of = ({ resources }: Container): number => quantity(resources?.requests, name);
  let sidecars = 0;
  let largest = 0;
  for (const container of initContainers) {
    if (container.restartPolicy === 'Always') sidecars += of(container);
    largest = Math.max(largest, container.restartPolicy === 'Always' ? sidecars : sidecars + of(container));
  }
  const running = containers.reduce((all, container) => all + of(container), sidecars);
  return Math.max(running, largest) + quantity(overhead, name);
}

/** A quantity of a list as a number; 0 when it is not there or none. */
export function quantity(quantities: Quantities | undefined, name: string): number {
  const value = parseQuantity(quantities?.[name] ?? 0);
  return Number.isNaN(value) ? 0 : value;
}
