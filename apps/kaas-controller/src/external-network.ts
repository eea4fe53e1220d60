import type { ClusterContext } from '@matryoshka/controllers';
import type { Cloud } from '@matryoshka/openstack';
import { TypedError } from '@matryoshka/system';

/** Id of the provider network, asked once it is needed and then kept. */
export function externalNetwork(cloud: Cloud, name: string): ClusterContext['externalNetworkId'] {
  let known: string | undefined;
  return async (signal) => {
    if (known !== undefined) return known;
    const networks = await cloud.neutron.networks.list({ name, 'router:external': true }, signal);
    known = networks.find((network) => network.name === name)?.id;
    if (known !== undefined) return known;
    throw new TypedError(`the cloud has no external network called ${name}`, {
      code: 'external_network_missing',
      next: 'Set KAAS_EXTERNAL_NETWORK to the name of the provider network.',
    });
  };
}
