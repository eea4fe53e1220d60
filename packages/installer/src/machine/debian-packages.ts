export interface DebianPackage {
  readonly name: string;
  readonly why: string;
}

/** Everything that a new Debian machine lacks. The launcher brings Node.js; Go comes from PyPI where it is absent. */
export const debianPackages: readonly DebianPackage[] = [
  { name: 'ca-certificates', why: 'TLS to package registries' },
  { name: 'iproute2', why: 'bridges, veth pairs, namespaces, routes' },
  { name: 'iptables', why: 'security groups (physdev match)' },
  { name: 'nftables', why: 'masquerading of the provider network' },
  { name: 'ipset', why: 'security groups that name other groups' },
  { name: 'netbase', why: 'container images of kube-proxy and flannel: names of protocols' },
  { name: 'procps', why: 'settings of network namespaces (sysctl)' },
  { name: 'kmod', why: 'kernel modules where they are not built in' },
  { name: 'conntrack', why: 'ending connections whose floating IP or rule went away' },
  { name: 'iputils-arping', why: 'announcing moved floating IPs' },
  { name: 'lxc', why: "pocket cloud's servers" },
  { name: 'dnsmasq-base', why: 'DHCP and DNS of networks' },
  { name: 'haproxy', why: 'load balancers, metadata proxy' },
  { name: 'keepalived', why: 'pairs of load balancers: who has the address (VRRP)' },
  { name: 'postgresql', why: 'product database and datastore of control planes' },
  { name: 'pgbackrest', why: 'continuous archive of PostgreSQL' },
  { name: 'docker-registry', why: 'image registry' },
  { name: 'mmdebstrap', why: 'worker image: root file system' },
  { name: 'squashfs-tools', why: 'worker image: file system of pocket cloud servers' },
  { name: 'qemu-utils', why: 'worker image: disk for real OpenStack' },
  { name: 'e2fsprogs', why: 'worker image: file system of the disk' },
  { name: 'xfsprogs', why: 'container image of Cinder CSI: volumes with XFS' },
  { name: 'busybox-static', why: 'container image of the first workload' },
  { name: 'containerd', why: 'worker image: preloading container images' },
  { name: 'python3', why: 'Go toolchain from PyPI' },
  { name: 'python3-pip', why: 'Go toolchain from PyPI' },
  { name: 'zstd', why: 'archives' },
  { name: 'xz-utils', why: 'archives' },
];
