import { stat } from 'node:fs/promises';
import { run } from '@matryoshka/system';
import { beforeAll, describe, expect, it } from 'vitest';
import { buildWorkerImage, type WorkerImage, type WorkerImageStep } from './index.ts';

const kubernetesVersion = 'v1.36.3';
let image: WorkerImage;
let listing: string;

beforeAll(async () => {
  image = await buildWorkerImage({ kubernetesVersion });
  listing = (await run(['unsquashfs', '-lls', image.rootfs])).stdout;
}, 900_000);

describe('worker image', () => {
  it('is returned from the cache the second time', async () => {
    const before = await stat(image.rootfs);
    const steps: WorkerImageStep[] = [];
    const again = await buildWorkerImage({ kubernetesVersion, onProgress: (step) => steps.push(step) });
    expect(again).toEqual(image);
    expect(steps).toEqual(['done']);
    expect((await stat(again.rootfs)).mtimeMs).toBe(before.mtimeMs);
  });

  it.each([
    'usr/bin/kubelet -> ../lib/matryoshka/kubernetes',
    'usr/bin/kubeadm -> ../lib/matryoshka/kubernetes',
    'usr/bin/containerd',
    'usr/bin/runc -> ../sbin/runc',
    'usr/sbin/runc',
    'usr/bin/cloud-init',
    'opt/cni/bin/bridge -> /usr/lib/cni/bridge',
    'etc/containerd/certs.d/registry.k8s.io/hosts.toml',
    'etc/kubernetes/patches',
    'etc/systemd/system/multi-user.target.wants/kubelet.service -> /usr/lib/systemd/system/kubelet.service',
    'var/lib/containerd/io.containerd.metadata.v1.bolt/meta.db',
    'var/lib/containerd/io.containerd.snapshotter.v1.overlayfs/metadata.db',
  ])('holds %s', (path) => {
    expect(listing.split('\n').some((line) => line.endsWith(`squashfs-root/${path}`))).toBe(true);
  });

  it('holds no kernel, no package source and no SSH server', () => {
    for (const path of ['boot/vmlinuz', 'etc/apt/sources.list.d/0000sources.list', 'usr/sbin/sshd'])
      expect(listing).not.toContain(`squashfs-root/${path}`);
  });

  it('has an empty machine id', async () => {
    expect((await run(['unsquashfs', '-cat', image.rootfs, 'etc/machine-id'])).stdout).toBe('');
  });

  it('names its version and its plain folders', () => {
    expect(image.manifest.properties).toMatchObject({
      kubernetes_version: kubernetesVersion,
      pocket_plain_dirs: '/var/lib/containerd,/var/lib/kubelet',
    });
  });
});
