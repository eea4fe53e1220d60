export type { MachineDisk } from './disks.ts';
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
