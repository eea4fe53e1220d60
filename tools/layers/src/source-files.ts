import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** Every .ts file under the given folders of `root`, relative to it; `node_modules` and `testdata` are left out. */
export async function typescriptFiles(root: string, folders: readonly string[]): Promise<readonly string[]> {
  const found: string[] = [];
  const walk = async (folder: string): Promise<void> => {
    const entries = await readdir(join(root, folder), { withFileTypes: true });
    for (const entry of entries) {
      const path = `${folder}/${entry.name}`;
      if (entry.isDirectory()) {
        if (entry.name !== 'node_modules' && entry.name !== 'testdata') await walk(path);
      } else if (entry.isFile() && entry.name.endsWith('.ts')) found.push(path);
    }
  };
  for (const folder of folders) await walk(folder);
  return found.sort();
}
