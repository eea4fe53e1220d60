export type { MachineDisk } from './disks.ts';
export { recordHostSettings, restoreHostSettings } from './host-settings.ts';
export {
  createMachines,
  type MachineNic,
  type MachineRoot,
  type MachineSpec,
  type Machines,
  machineConfig,
  removePivotCgroups,
  unpackImage,
} from './machine.ts';
