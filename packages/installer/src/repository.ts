import { createHash } from 'node:crypto';
import { glob, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { nodeProgram } from '@matryoshka/system';

/** The checkout that this program runs from. */
export const repositoryRoot = fileURLToPath(new URL('../../../', import.meta.url));

/** Command line that runs one of our programs on the Node.js that runs us. */
export function program(app: 'pocket-cloud' | 'kaas-api' | 'kaas-controller'): [string, ...string[]] {
  return nodeProgram(`${repositoryRoot}apps/${app}/src/main.ts`);
}

let known: Promise<string> | undefined;

/** Hash of everything our programs are made of: after an update of the checkout, programs that run are no longer these. */
export async function sourceHash(): Promise<string> {
  known ??= hashSources();
  return await known;
}

async function hashSources(): Promise<string> {
  const files: string[] = ['package-lock.json'];
  for await (const file of glob(['packages/*/src/**/*.{ts,json}', 'apps/*/src/**/*.ts'], { cwd: repositoryRoot }))
    if (!/\.(test|medium|e2e)\.ts$/.test(file)) files.push(file);
  const hash = createHash('sha256');
  for (const file of files.sort()) hash.update(`${file}\0`).update(await readFile(join(repositoryRoot, file)));
  return hash.digest('hex').slice(0, 16);
}
