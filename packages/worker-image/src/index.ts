export { buildWorkerImage, type WorkerImage } from './build.ts';
export { type Artefact, glanceProperties, type Manifest, plainDirs } from './manifest.ts';
export type { BuildWorkerImageOptions, PreloadedImages, WorkerImageFormat, WorkerImageStep } from './options.ts';
