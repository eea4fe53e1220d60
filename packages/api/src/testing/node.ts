import type { WorkerNode } from '@matryoshka/domain';

/** A worker as a reconciliation would report it. */
export function newNode(name: string, difference: Partial<WorkerNode> = {}): WorkerNode {
  return {
    ...{ name, pool: 'workers', flavor: 'm1.small', state: 'ready', cause: null, serverId: `server-${name}` },
    ...{ address: '10.6.0.9', kubernetesVersion: 'v1.36.3', createdAt: new Date('2026-11-01T10:00:00Z') },
    ...difference,
  };
}
