import type { ServerRow } from './rows.ts';

/** Nova's inner word for a status. Source: nova/api/openstack/common.py, _STATE_MAP. */
export function vmStateOf(row: Pick<ServerRow, 'status'>): string {
  const states: Readonly<Record<ServerRow['status'], string>> = {
    BUILD: 'building',
    ACTIVE: 'active',
    REBOOT: 'active',
    REBUILD: 'active',
    RESIZE: 'active',
    SHUTOFF: 'stopped',
    PAUSED: 'paused',
    SUSPENDED: 'suspended',
    VERIFY_RESIZE: 'resized',
    REVERT_RESIZE: 'resized',
    ERROR: 'error',
  };
  return states[row.status];
}

/** 0 nothing known, 1 running, 3 paused, 4 shut down, 7 suspended. Source: nova/compute/power_state.py. */
export function powerStateOf(row: Pick<ServerRow, 'status' | 'desired'>): number {
  switch (row.status) {
    case 'BUILD':
    case 'ERROR':
      return 0;
    case 'SHUTOFF':
      return 4;
    case 'PAUSED':
      return 3;
    case 'SUSPENDED':
      // libvirt shows a suspended domain as shut down.
      return 4;
    default:
      return row.desired === 'stopped' ? 4 : 1;
  }
}
