/**
 * containerd's configuration. systemd is the cgroup driver in system containers and virtual machines alike: both run systemd as
 * process 1. `restrict_oom_score_adj` is decided at boot by matryoshka-node-setup.
 */
export function containerdConfig(sandboxImage: string): string {
  return `version = 2

[plugins."io.containerd.grpc.v1.cri"]
  sandbox_image = "${sandboxImage}"
  max_concurrent_downloads = 5
  restrict_oom_score_adj = false

  [plugins."io.containerd.grpc.v1.cri".cni]
    bin_dir = "/opt/cni/bin"
    conf_dir = "/etc/cni/net.d"

  [plugins."io.containerd.grpc.v1.cri".registry]
    config_path = "/etc/containerd/certs.d"

  [plugins."io.containerd.grpc.v1.cri".containerd]
    snapshotter = "overlayfs"
    default_runtime_name = "runc"

    [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
      runtime_type = "io.containerd.runc.v2"

      [plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
        SystemdCgroup = true
`;
}

/** Registries whose images the platform's own registry carries. */
export const mirroredRegistries: readonly string[] = [
  'registry.k8s.io',
  'docker.io',
  'ghcr.io',
  'quay.io',
  'gcr.io',
  'public.ecr.aws',
];

/** Where a registry's images come from without a mirror; Docker Hub's API has another host than its image names. */
const upstreamUrls: Readonly<Record<string, string>> = { 'docker.io': 'https://registry-1.docker.io' };

/**
 * `hosts.toml` of one upstream registry: the platform's mirror first, then the provider's own proxy (`prefix`), the upstream as fallback.
 * Format: containerd docs/hosts.md.
 */
export function hostsToml(registry: string, mirror: string | null, prefix: string | null): string {
  const capabilities = '  capabilities = ["pull", "resolve"]\n';
  const [host = '', ...path] = (prefix ?? '').split('/');
  const proxy = `https://${[host, 'v2', ...path, registry].join('/')}`;
  return [
    `server = "${upstreamUrls[registry] ?? `https://${registry}`}"\n`,
    ...(mirror === null ? [] : [`[host."${mirror}"]\n${capabilities}`]),
    ...(prefix === null ? [] : [`[host."${proxy}"]\n${capabilities}  override_path = true\n`]),
  ].join('\n');
}
