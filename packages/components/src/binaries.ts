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

/**
 * Path of a built binary by its file name (`kubectl`, `kubeadm`, `kubernetes`, `kine`, `proxy-server`, `flanneld`…), of the default version unless given.
 * Kubernetes' seven names are links to one file: copy it with the link resolved, or call `kubernetes kubectl …`.
 * Throws TypedError `not_built` when it has to be built first.
 */
export async function componentBinary(binary: string, version?: string): Promise<string> {
  const component = componentOfBinary(binary);
  const chosen = chooseVersion(component, version);
  const go = await findGo();
  if (go !== undefined) {
    const folder = resultDir(component, await buildKey(component, chosen, go.version));
    if ((await readResult(folder)) !== undefined) return join(folder, binary);
  }
  throw new TypedError(`${component.name} ${chosen} is not built`, {
    code: 'not_built',
    actor: 'user',
    next: `Run: kaas components build ${component.name}@${chosen}`,
  });
}
