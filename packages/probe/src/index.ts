export { loadKubeconfig, parseServer } from '@matryoshka/kube';
export { analyse } from './analyse.ts';
export type { CallKind, CallReport, Gap, Recording, Report, WatchReport } from './model.ts';
export { type ProbeOptions, runProbe } from './run.ts';
export { reportText } from './text.ts';
export { timeline } from './timeline.ts';
