import { notFound, ok, type Route, route } from '../http/index.ts';
import { timestamp } from '../store/index.ts';
import type { NeutronCore } from './core.ts';
import { listReply, type View } from './query.ts';
import { owners } from './rows.ts';

const started = timestamp().replace('T', ' ').replace('Z', '');

/** The one host as clients look for it: availability zones and agents. Both "agents" are this process. */
export function hostRoutes(core: NeutronCore): readonly Route[] {
  return [
    route('GET', '/v2.0/availability_zones', (request) =>
      listReply(
        request,
        'availability_zones',
        ['network', 'router'].map((resource) => ({ name: 'nova', resource, state: 'available' })),
      ),
    ),
    route('GET', '/v2.0/agents', (request) => listReply(request, 'agents', request.caller.isAdmin ? agents(core) : [])),
    route(
      'GET',
      '/v2.0/agents/:id',
      (request) => {
        const agent = agents(core).find((view) => view.id === request.params.id);
        if (agent === undefined) throw notFound(`Agent ${request.params.id} could not be found.`, 'AgentNotFound');
        return ok({ agent });
      },
      'admin',
    ),
  ];
}

function agents(core: NeutronCore): readonly View[] {
  const heartbeat = timestamp().replace('T', ' ').replace('Z', '');
  const failed = (kind: string): boolean => [...core.failures().keys()].some((key) => key.startsWith(`${kind}:`));
  const agent = (id: string, type: string, binary: string, configurations: View, healthy: boolean): View => ({
    id,
    agent_type: type,
    binary,
    topic: 'N/A',
    host: 'localhost',
    availability_zone: 'nova',
    admin_state_up: true,
    alive: healthy,
    created_at: started,
    started_at: started,
    heartbeat_timestamp: heartbeat,
    description: null,
    configurations,
    resources_synced: null,
  });
  const networks = core.ports.list().filter((port) => port.device_owner === owners.dhcp).length;
  return [
    agent('5d2e7f7e-0000-4000-8000-000000000001', 'DHCP agent', 'pocket-cloud', { networks }, !failed('dhcp')),
    agent(
      '5d2e7f7e-0000-4000-8000-000000000002',
      'L3 agent',
      'pocket-cloud',
      { routers: core.routers.list().length, agent_mode: 'legacy' },
      !failed('router'),
    ),
  ];
}
