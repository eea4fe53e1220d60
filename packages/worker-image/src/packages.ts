/** The Debian release of the image. Its containerd, runc and kernel are what Kubernetes is tested with. */
export const debianRelease = { version: '12', codename: 'bookworm' } as const;

interface DebianPackage {
  readonly name: string;
  readonly why: string;
}

const machine: readonly DebianPackage[] = [
  { name: 'usr-is-merged', why: 'instead of usrmerge, which brings all of perl' },
  { name: 'systemd', why: 'init, networkd, journald' },
  { name: 'systemd-sysv', why: '/sbin/init' },
  { name: 'systemd-resolved', why: 'keeps resolv.conf in step with DHCP' },
  { name: 'systemd-timesyncd', why: 'clock of virtual machines; certificates need it' },
  { name: 'dbus', why: 'runc asks systemd for cgroups over it' },
  { name: 'udev', why: 'names ports and disks' },
  { name: 'kmod', why: 'modprobe' },
  { name: 'procps', why: 'kubeadm preflight; sysctl' },
  { name: 'iproute2', why: 'kubelet, debugging' },
  { name: 'iputils-ping', why: 'debugging' },
  { name: 'netbase', why: '/etc/protocols, read by iptables' },
  { name: 'tzdata', why: 'cloud-init timezone' },
  { name: 'curl', why: 'user data scripts' },
  { name: 'ca-certificates', why: 'TLS to registries and OpenStack' },
  { name: 'cloud-init', why: 'user data of Cluster API' },
  { name: 'cloud-guest-utils', why: 'growpart' },
];

const node: readonly DebianPackage[] = [
  { name: 'containerd', why: 'container runtime' },
  { name: 'runc', why: 'starts containers' },
  { name: 'containernetworking-plugins', why: 'bridge, host-local, loopback, portmap' },
  { name: 'conntrack', why: 'kubeadm preflight, kube-proxy' },
  { name: 'ethtool', why: 'kubeadm preflight' },
  { name: 'socat', why: 'port-forward' },
  { name: 'iptables', why: 'kubelet, portmap, kube-proxy' },
  { name: 'nftables', why: 'kube-proxy, flannel' },
  { name: 'ipset', why: 'network policies' },
  { name: 'e2fsprogs', why: 'kubelet formats and grows volumes' },
  { name: 'mount', why: 'kubelet mounts volumes' },
];

const disk: readonly DebianPackage[] = [
  { name: 'linux-image-cloud-amd64', why: 'kernel with virtio only' },
  { name: 'initramfs-tools', why: 'finds the root disk' },
  { name: 'zstd', why: 'initramfs compression' },
  { name: 'grub-pc-bin', why: 'boot loader for BIOS machines' },
  { name: 'grub2-common', why: 'grub-mkimage lives beside it' },
  { name: 'fdisk', why: 'partition table' },
];

/** `machine` shares the kernel of its host; `disk` brings its own kernel and boot loader. */
export type BaseVariant = 'machine' | 'disk';

/** Names of the Debian packages of a variant, sorted, each once. */
export function debianPackagesOf(variant: BaseVariant): readonly string[] {
  const all = variant === 'disk' ? [...machine, ...node, ...disk] : [...machine, ...node];
  return [...new Set(all.map(({ name }) => name))].sort();
}

/** Files that dpkg leaves out: nobody reads them on a worker, and every machine and upload carries them. */
export const dpkgPathRules: readonly string[] = [
  'path-exclude=/usr/share/man/*',
  'path-exclude=/usr/share/info/*',
  'path-exclude=/usr/share/locale/*',
  'path-exclude=/usr/share/i18n/*',
  'path-exclude=/usr/share/doc/*',
  'path-include=/usr/share/doc/*/copyright',
  'path-exclude=/usr/lib/udev/hwdb.d/*',
  'path-exclude=/lib/udev/hwdb.d/*',
];
