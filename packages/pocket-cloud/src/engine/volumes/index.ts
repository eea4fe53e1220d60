export {
  type BlockDevice,
  createVolumeStore,
  releaseVolumes,
  type VolumeSource,
  type VolumeStore,
} from './volume-store.ts';
