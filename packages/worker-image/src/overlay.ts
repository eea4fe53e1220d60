import { chmod, copyFile, cp, mkdir, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { containerdConfig, hostsToml, mirroredRegistries } from './containerd-config.ts';
import { enabledUnits, maskedUnits } from './units.ts';

/** The static part: files as they are in the image. */
export const staticOverlay: string = fileURLToPath(new URL('../rootfs', import.meta.url));

export interface OverlayInputs {
  readonly kubernetesVersion: string;
  readonly sandboxImage: string;
  readonly registryMirror: string | null;
  readonly registryPrefix: string | null;
}

/** Content of every rendered file, by path from the root. */
export function renderedFiles(inputs: OverlayInputs): ReadonlyMap<string, string> {
  const files = new Map<string, string>([
    ['etc/containerd/config.toml', containerdConfig(inputs.sandboxImage)],
    ['etc/matryoshka-release', `KUBERNETES_VERSION=${inputs.kubernetesVersion}\n`],
    // Empty: systemd makes one at first boot, so that no two machines share it.
    ['etc/machine-id', ''],
    ['etc/default/locale', 'LANG=C.UTF-8\n'],
  ]);
  const { registryMirror, registryPrefix } = inputs;
  if (registryMirror !== null || registryPrefix !== null)
    for (const registry of mirroredRegistries)
      files.set(`etc/containerd/certs.d/${registry}/hosts.toml`, hostsToml(registry, registryMirror, registryPrefix));
  return files;
}

/** Every link, by path from the root. */
export function renderedLinks(): ReadonlyMap<string, string> {
  const links = new Map<string, string>([
    ['etc/resolv.conf', '/run/systemd/resolve/resolv.conf'],
    ['usr/bin/kubelet', '../lib/matryoshka/kubernetes'],
    ['usr/bin/kubeadm', '../lib/matryoshka/kubernetes'],
    ['usr/bin/kubectl', '../lib/matryoshka/kubernetes'],
    ['etc/systemd/system-generators/cloud-init-generator', '/dev/null'],
  ]);
  const etc = 'etc/systemd/system';
  for (const { unit } of maskedUnits) links.set(`${etc}/${unit}`, '/dev/null');
  for (const { unit, target } of enabledUnits) {
    const home = unit.startsWith('matryoshka-') ? '/etc/systemd/system' : '/usr/lib/systemd/system';
    links.set(`${etc}/${target}.wants/${unit}`, `${home}/${unit}`);
  }
  return links;
}

/** Folders that must be there, also when empty. */
const folders = [
  'etc/kubernetes/patches',
  'etc/kubernetes/manifests',
  'etc/cni/net.d',
  'etc/containerd/certs.d',
  'opt/cni/bin',
  'var/lib/containerd',
  'var/lib/kubelet',
];

/** Leftovers of the package installation that must not be in an image. */
const unwanted = [
  'etc/apt/sources.list',
  'etc/apt/sources.list.d',
  'etc/apt/apt.conf.d/99mmdebstrap',
  'etc/dpkg/dpkg.cfg.d/99mmdebstrap',
  'etc/cloud/cloud.cfg',
  'etc/systemd/system/cloud-init.target.wants',
  'etc/systemd/system/getty.target.wants',
  'var/lib/dbus/machine-id',
  'var/cache/apt',
  'var/lib/apt/lists',
  'usr/lib/udev/hwdb.bin',
  'var/log/dpkg.log',
  'var/log/apt',
  'var/log/bootstrap.log',
  'var/log/alternatives.log',
];

/** Turns a plain Debian root file system into a worker of one Kubernetes version. */
export async function applyOverlay(root: string, kubernetesBinary: string, inputs: OverlayInputs): Promise<void> {
  for (const path of unwanted) await rm(join(root, path), { recursive: true, force: true });
  for (const path of ['var/cache/apt/archives/partial', 'var/lib/apt/lists/partial', 'var/log/apt', ...folders])
    await mkdir(join(root, path), { recursive: true, mode: 0o755 });
  await cp(staticOverlay, root, { recursive: true, force: true, verbatimSymlinks: true });
  for (const name of ['node-setup', 'cloud-init-stages']) await chmod(join(root, 'usr/lib/matryoshka', name), 0o755);
  for (const [path, content] of renderedFiles(inputs)) {
    await rm(join(root, path), { force: true });
    await mkdir(dirname(join(root, path)), { recursive: true });
    await writeFile(join(root, path), content, { mode: 0o644 });
  }
  await copyFile(kubernetesBinary, join(root, 'usr/lib/matryoshka/kubernetes'));
  await chmod(join(root, 'usr/lib/matryoshka/kubernetes'), 0o755);
  for (const [path, target] of renderedLinks()) {
    const link = join(root, path);
    await rm(link, { recursive: true, force: true });
    await mkdir(dirname(link), { recursive: true });
    await symlink(target, link);
  }
  for (const plugin of await readdir(join(root, 'usr/lib/cni')))
    await symlink(`/usr/lib/cni/${plugin}`, join(root, 'opt/cni/bin', plugin));
}
