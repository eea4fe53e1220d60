import { readFileSync } from 'node:fs';
import { processTerminal, runCli } from '@matryoshka/cli';
import { foreignCommands, machineCommands } from './machine-commands.ts';
import { platformCommands } from './platform-commands.ts';

const manifest = new URL('../../../package.json', import.meta.url);
const { version } = JSON.parse(readFileSync(manifest, 'utf8')) as { readonly version: string };

const terminal = processTerminal();
process.exitCode = await runCli({
  argv: process.argv.slice(2),
  terminal,
  version,
  passThrough: foreignCommands,
  extend: (program) => {
    platformCommands(program, terminal, version);
    machineCommands(program, terminal);
  },
});
