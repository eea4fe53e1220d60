export { type BuiltBinary, builtBinary, componentBinary } from './binaries.ts';
export { type BuildOptions, type BuildProgress, buildComponents } from './build/builder.ts';
export { ensureGo, findGo, type GoToolchain } from './build/go-toolchain.ts';
export type { BuildResult } from './build/result.ts';
export { componentsToBuild, type Image, type ImageSource, imageList, imageRef, imagesToBuild } from './images/list.ts';
export { type PackedImage, type PushOptions, packImages, preloadArchive, pushImages } from './images/pack.ts';
export { type IssuedCertificate, injectCertificates } from './manifests/certificates.ts';
export type { CertificateNeed, ManifestObject } from './manifests/object.ts';
export { type RenderedManifests, renderManifests } from './manifests/render.ts';
export { snapshotDefinitions } from './manifests/snapshots.ts';
export { writeImageArchive } from './oci/archive.ts';
export type { PushCounts } from './oci/push.ts';
export { cacheDir } from './paths.ts';
export {
  type Component,
  chooseVersion,
  defaultKubernetesVersion,
  findComponent,
  type GoBuild,
  listComponents,
} from './versions.ts';
