import { orUndefined } from '../transport/errors.ts';
import { type Resource, resource } from '../transport/resource.ts';
import type { Session } from '../transport/session.ts';

export interface LoadBalancer {
  readonly id: string;
  readonly name: string;
  readonly description?: string;
  readonly provisioning_status:
    | 'ACTIVE'
    | 'DELETED'
    | 'ERROR'
    | 'PENDING_CREATE'
    | 'PENDING_UPDATE'
    | 'PENDING_DELETE'
    | (string & {});
  readonly operating_status: 'ONLINE' | 'OFFLINE' | 'DEGRADED' | 'ERROR' | 'NO_MONITOR' | 'DRAINING' | (string & {});
  readonly vip_address: string;
  readonly vip_port_id: string;
  readonly vip_subnet_id: string;
  readonly vip_network_id?: string;
  readonly project_id: string;
  readonly listeners?: readonly { readonly id: string }[];
  readonly pools?: readonly { readonly id: string }[];
  readonly tags?: readonly string[];
  readonly created_at?: string;
}

export interface CreateLoadBalancer {
  readonly name: string;
  readonly vip_subnet_id?: string;
  readonly vip_network_id?: string;
  readonly description?: string;
  readonly tags?: readonly string[];
}

/** Octavia v2. */
export interface Octavia {
  readonly loadBalancers: Omit<
    Resource<LoadBalancer, CreateLoadBalancer, { readonly name?: string; readonly description?: string }>,
    'delete'
  > & {
    /** Deletes with all its listeners, pools and members; fine when it is gone. Answers before it is done: ask until it is absent. */
    deleteCascade(id: string, signal?: AbortSignal): Promise<void>;
  };
  /** How many load balancers a project may have (-1 = unlimited); undefined when the cloud has no Octavia. */
  loadBalancerLimit(projectId: string, signal?: AbortSignal): Promise<number | undefined>;
}

export function octavia(session: Session): Octavia {
  const { delete: _plainDelete, ...loadBalancers } = resource<
    LoadBalancer,
    CreateLoadBalancer,
    { readonly name?: string; readonly description?: string }
  >(session, {
    service: 'load-balancer',
    path: '/lbaas/loadbalancers',
    singular: 'loadbalancer',
    plural: 'loadbalancers',
  });
  return {
    loadBalancers: {
      ...loadBalancers,
      deleteCascade: async (id, signal) => {
        await orUndefined(
          session.call('load-balancer', 'DELETE', `/lbaas/loadbalancers/${encodeURIComponent(id)}`, {
            query: { cascade: true },
            signal,
          }),
        );
      },
    },
    loadBalancerLimit: async (projectId, signal) => {
      const path = `/lbaas/quotas/${encodeURIComponent(projectId)}`;
      const response = await orUndefined(session.call('load-balancer', 'GET', path, { signal }));
      if (response === undefined) return undefined;
      // Before API version 2.20 the member was called `loadbalancer`. Source: octavia/api/v2/types/quotas.py.
      const { quota } = JSON.parse(response.text) as { quota: { load_balancer?: number; loadbalancer?: number } };
      return quota.load_balancer ?? quota.loadbalancer ?? -1;
    },
  };
}
