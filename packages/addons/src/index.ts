export { accessGroup, accessManifests } from './access/manifests.ts';
export { type CinderCsiOptions, cinderCsiManifests, cinderDriver, cinderNodeName } from './cinder-csi/manifests.ts';
export {
  type CloudControllerManagerOptions,
  cloudControllerManagerManifests,
} from './cloud-controller-manager/manifests.ts';
export {
  clusterLabel,
  controlPlanePodLabel,
  controlPlanePodsManifests,
  drain,
  signerPath,
  tierLabel,
} from './control-plane-pods/manifests.ts';
export { type FlannelOptions, flannelManifests } from './flannel/manifests.ts';
export { type KubeProxyOptions, kubeProxyManifests } from './kube-proxy/manifests.ts';
export { type StoreQuota, storeQuotaManifests } from './store-quota/manifests.ts';
