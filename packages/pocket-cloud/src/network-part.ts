import type { PocketCloudConfig } from './config.ts';
import { pocketCloudPaths } from './config.ts';
import { ensureHost, networkNames, purgeNetwork } from './engine/network/index.ts';
import { badRequest } from './http/index.ts';
import type { NetworkPart } from './start.ts';

const engineConfig = (config: PocketCloudConfig): Parameters<typeof ensureHost>[0] => {
  const paths = pocketCloudPaths(config);
  return {
    prefix: config.prefix,
    address: config.address,
    cidr: config.cidr,
    directory: paths.networks,
    metadataSocket: paths.metadataSocket,
  };
};

const ready = async (): Promise<void> => undefined;

/** A cloud without Neutron: the host's network stands, servers boot with `networks: none` only and a request for a network is refused. */
export const networklessPart: NetworkPart = {
  migrations: [],
  ensureHost: async (config) => await ensureHost(engineConfig(config)),
  purge: async (config) => await purgeNetwork(engineConfig(config)),
  create: ({ config }) => ({
    services: [],
    networking: {
      createPortForServer: () => {
        throw badRequest('This cloud runs without a network service: servers need "networks": "none".');
      },
      portsOfDevice: () => [],
      unbindOrDeletePorts: () => undefined,
      serverByAddress: () => undefined,
      networkDataOf: () => ({ links: [], networks: [], services: [] }),
      network: {
        switchNamespace: networkNames(config.prefix).switchNamespace,
        plugInfo: (portId) => {
          throw new Error(`port ${portId} cannot exist in a cloud without Neutron`);
        },
        prepare: ready,
        afterServerStarted: ready,
        afterServerStopped: ready,
      },
    },
  }),
};
