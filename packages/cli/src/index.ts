export { describeError, exitCodeOf } from './errors.ts';
export { type ExitCode, exitCodes } from './exit-codes.ts';
export { momentOf } from './moment.ts';
export { formatItem, formatList, type OutputOptions, type View } from './output/format.ts';
export { processTerminal } from './process-terminal.ts';
export { type CliOptions, type PassThrough, runCli } from './program.ts';
export type { Terminal } from './terminal.ts';
