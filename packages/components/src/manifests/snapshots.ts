import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { run } from '@matryoshka/system';
import { explainBuildError } from '../build/errors.ts';
import { ensureGo } from '../build/go-toolchain.ts';
import { moduleDir } from '../paths.ts';
import { findComponent } from '../versions.ts';
import type { ManifestObject } from './object.ts';
import { parseManifests } from './render.ts';

const clientModule = 'github.com/kubernetes-csi/external-snapshotter/client/v8';

/** The CustomResourceDefinitions of volume snapshots (not of groups of them), from the module that csi-snapshotter is built with. */
export async function snapshotDefinitions(): Promise<readonly ManifestObject[]> {
  const component = findComponent('csi-snapshotter');
  const go = await ensureGo();
  const options = { cwd: moduleDir(component), env: { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly', GOWORK: 'off' } };
  try {
    await run([go.path, 'mod', 'download', clientModule], options);
    const { stdout } = await run([go.path, 'list', '-m', '-f', '{{.Dir}}', clientModule], options);
    const folder = join(stdout.trim(), 'config', 'crd');
    const files = (await readdir(folder)).filter((name) => name.startsWith('snapshot.storage.k8s.io_')).sort();
    const texts = await Promise.all(files.map(async (name) => await readFile(join(folder, name), 'utf8')));
    // Generated files carry an empty status, which is the server's to fill.
    return texts.flatMap(parseManifests).map(({ status: _status, ...definition }) => definition as ManifestObject);
  } catch (error) {
    throw explainBuildError(component.name, error);
  }
}
