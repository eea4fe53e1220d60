import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { versionFiles } from './build/key.ts';
import { moduleDir } from './paths.ts';
import { thirdPartyDocument } from './third-party.ts';
import { chooseVersion, defaultKubernetesVersion, findComponent, listComponents } from './versions.ts';

describe('versions.json', () => {
  it('lists every component once, with a licence and a weight', () => {
    const names = listComponents().map((component) => component.name);
    expect(names.length).toBeGreaterThanOrEqual(12);
    expect(new Set(names).size).toBe(names.length);
    for (const component of listComponents()) {
      expect(component.license, component.name).toMatch(/^[A-Za-z0-9.-]+$/);
      expect(component.weightSeconds, component.name).toBeGreaterThan(0);
    }
  });

  it('gives every binary one owner', () => {
    const binaries = listComponents().flatMap((c) => [...c.builds.map((build) => build.binary), ...(c.links ?? [])]);
    expect(new Set(binaries).size).toBe(binaries.length);
  });

  it.each(listComponents().flatMap((component) => component.versions.map((version) => ({ component, version }))))(
    'has module files that pin $component.name $version',
    ({ component, version }) => {
      // A main program of our own has no module to pin.
      if (component.module.startsWith('matryoshka.dev/')) return;
      const { mod, sum } = versionFiles(component, version);
      expect(readFileSync(join(moduleDir(component), mod), 'utf8')).toContain(`${component.module} ${version}`);
      expect(readFileSync(join(moduleDir(component), sum), 'utf8')).toContain(`${component.module} ${version} h1:`);
    },
  );

  it('has the default Kubernetes version as the default of its component', () => {
    expect(chooseVersion(findComponent('kubernetes'))).toBe(defaultKubernetesVersion);
  });

  it('refuses names and versions it does not have, and says which it has', () => {
    expect(() => findComponent('etcd')).toThrow(/no component etcd/);
    expect(() => chooseVersion(findComponent('kine'), 'v9')).toThrow(
      expect.objectContaining({ code: 'unknown_version' }),
    );
  });
});

describe('docs/third-party.md', () => {
  it('says what the list says', () => {
    const committed = readFileSync(new URL('../../../docs/third-party.md', import.meta.url), 'utf8');
    expect(committed).toBe(thirdPartyDocument());
  });
});
