import { join } from 'node:path';
import { TypedError } from '@matryoshka/system';
import { findGo } from './build/go-toolchain.ts';
import { buildKey } from './build/key.ts';
import { readResult, resultDir } from './build/result.ts';
import { type Component, chooseVersion, listComponents } from './versions.ts';

/** The component whose build yields a binary of this name. */
function componentOfBinary(binary: string): Component {
  const found = listComponents().find(
    (component) =>
      component.builds.some((build) => build.binary === binary) || (component.links ?? []).includes(binary),
  );
  if (found === undefined)
    throw new TypedError(`no component has a binary ${binary}`, { code: 'unknown_component', actor: 'us' });
  return found;
}

export interface BuiltBinary {
  readonly path: string;
  /** Hex, as noted when it was built. */
  readonly sha256: string;
}

/**
 * Path of a built binary by its file name (`kubectl`, `kubeadm`, `kubernetes`, `kine`, `proxy-server`, `flanneld`…), of the default version unless given.
 * Kubernetes' seven names are links to one file: copy it with the link resolved, or call `kubernetes kubectl …`.
 * Throws TypedError `not_built` when it has to be built first.
 */
export async function componentBinary(binary: string, version?: string): Promise<string> {
  return (await builtBinary(binary, version)).path;
}

/** Like {@link componentBinary}, with the hash: reading a hundred megabytes again would tell nothing new. */
export async function builtBinary(binary: string, version?: string): Promise<BuiltBinary> {
  const component = componentOfBinary(binary);
  const chosen = chooseVersion(component, version);
  const go = await findGo();
  if (go !== undefined) {
    const folder = resultDir(component, await buildKey(component, chosen, go.version));
    const result = await readResult(folder);
    // A link has the hash of what it leads to.
    const sha256 = result?.binaries[binary] ?? result?.binaries[component.builds[0]?.binary ?? ''];
    if (sha256 !== undefined) return { path: join(folder, binary), sha256 };
  }
  throw new TypedError(`${component.name} ${chosen} is not built`, {
    code: 'not_built',
    actor: 'user',
    next: `Run: kaas components build ${component.name}@${chosen}`,
  });
}
