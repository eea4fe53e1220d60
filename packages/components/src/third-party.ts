import { chooseVersion, listComponents } from './versions.ts';

/** The text of docs/third-party.md, from the pinned list. */
export function thirdPartyDocument(): string {
  const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;
  return [
    '# Third-party programs',
    '',
    'Matryoshka builds these programs from their public Go modules and runs them unmodified, but for kine, which carries the two changes of',
    '`packages/components/go/kine/patches/` (ADR 0014; the lines around them are the only source of others in this repository).',
    'Generated from `packages/components/src/versions.json`; a unit test keeps it fresh.',
    '',
    row(['Program', 'Go module', 'Versions', 'Licence']),
    row(['---', '---', '---', '---']),
    ...listComponents()
      .filter(({ module }) => !module.startsWith('matryoshka.dev/'))
      .map((component) => {
        const versions = component.versions.map((version) =>
          version === chooseVersion(component) && component.versions.length > 1 ? `${version} (default)` : version,
        );
        return row([component.name, `\`${component.module}\``, versions.join(', '), component.license]);
      }),
    '',
    'The flannel binary is a small main program of our own around upstream’s packages. Images of kube-proxy and flannel also hold nftables (GPL-2.0) and',
    'iptables (GPL-2.0-or-later), the image of kine holds dash (BSD-3-Clause) and coreutils (GPL-3.0-or-later), with the C library (LGPL-2.1-or-later), the image',
    'busybox holds busybox (GPL-2.0), that of cinder-csi-plugin util-linux, e2fsprogs (GPL-2.0-or-later), xfsprogs (GPL-2.0) and coreutils, all as packaged by Debian 12.',
    'csi-node-driver-registrar is a small program of our own that does what upstream’s of that name and version does.',
    'npm packages and their licences: `npm query .prod`, or the `license` fields in `package-lock.json`.',
    '',
  ].join('\n');
}
