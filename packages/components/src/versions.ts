import { readFileSync } from 'node:fs';
import { TypedError } from '@matryoshka/system';

export interface GoBuild {
  /** Go package path; `.` = the main program of our own small module. */
  readonly package: string;
  readonly binary: string;
}

export interface Component {
  readonly name: string;
  readonly module: string;
  /** First = the default. Each has committed module files (`versionFiles`). */
  readonly versions: readonly [string, ...string[]];
  /** Folder below `go/` with its module files, where that is not the name: programs that share one share what they compile. */
  readonly folder?: string;
  /** SPDX identifier of the upstream licence. */
  readonly license: string;
  readonly builds: readonly GoBuild[];
  /** Names under which the (one) binary can be called as well. */
  readonly links?: readonly string[];
  /** Linker variables that carry the version; `{version}`, `{major}` and `{minor}` are filled in. */
  readonly stamps?: Readonly<Record<string, string>>;
  /** Build time in seconds on the machine the list was measured on (2 cores, cold cache); only ratios matter. */
  readonly weightSeconds: number;
}

interface VersionList {
  readonly go: { readonly minimum: string; readonly pypi: string };
  readonly defaultKubernetes: string;
  readonly components: readonly Component[];
}

/** The pinned list: what is built, from which module, under which licence. */
export const versionList: VersionList = JSON.parse(readFileSync(new URL('./versions.json', import.meta.url), 'utf8'));

/** Kubernetes version of new clusters and of the management cluster. */
export const defaultKubernetesVersion: string = versionList.defaultKubernetes;

/** Every component, in the order in which a cold machine builds them (what others wait for first). */
export function listComponents(): readonly Component[] {
  return versionList.components;
}

/** The component of this name. Throws TypedError `unknown_component`. */
export function findComponent(name: string): Component {
  const found = versionList.components.find((component) => component.name === name);
  if (found === undefined)
    throw new TypedError(`there is no component ${name}`, {
      code: 'unknown_component',
      actor: 'user',
      next: `Choose one of: ${versionList.components.map((component) => component.name).join(', ')}.`,
    });
  return found;
}

/** The version asked for, or the default. Throws TypedError `unknown_version` when the list does not have it. */
export function chooseVersion(component: Component, version?: string): string {
  if (version === undefined) return component.versions[0];
  if (!component.versions.includes(version))
    throw new TypedError(`${component.name} ${version} is not in the list`, {
      code: 'unknown_version',
      actor: 'user',
      next: `Choose one of: ${component.versions.join(', ')}.`,
    });
  return version;
}
