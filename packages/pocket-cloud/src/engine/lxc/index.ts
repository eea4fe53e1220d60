export { recordHostSettings, restoreHostSettings } from './host-settings.ts';
export {
  createMachines,
  type MachineNic,
  type MachineSpec,
  type Machines,
  machineConfig,
  removePivotCgroups,
  unpackImage,
} from './machine.ts';
