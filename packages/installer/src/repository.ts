import { fileURLToPath } from 'node:url';

/** The checkout that this program runs from. */
export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** Command line that runs one of our programs on the Node.js that runs us. */
export function program(app: 'pocket-cloud' | 'kaas-api' | 'kaas-controller'): [string, ...string[]] {
  return [process.execPath, '--disable-warning=ExperimentalWarning', `${repositoryRoot}apps/${app}/src/main.ts`];
}
