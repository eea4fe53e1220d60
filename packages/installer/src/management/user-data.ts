import { TypedError } from '@matryoshka/system';
import { stringify } from 'yaml';
import { type KineInput, kineDir, kineManifest, passwordFile } from './kine.ts';
import { initConfiguration, joinConfiguration, type KubeadmInput } from './kubeadm.ts';
import type { ManagementPki } from './pki.ts';

export interface ManagementServerInput {
  readonly kubeadm: KubeadmInput;
  readonly pki: ManagementPki;
  readonly kine: KineInput & { readonly password: string; readonly caCertificate: string };
}

interface File {
  readonly path: string;
  readonly content: string;
  readonly permissions: string;
}

/** Nova's limit before base64 (API reference, "Create server"). */
const maxUserDataBytes = 65_535 * (3 / 4);

const secret = (path: string, content: string): File => ({ path, content, permissions: '0600' });

/** cloud-config of management server `index`, called `name`: the first starts the control plane, the others join it. */
export function managementUserData(input: ManagementServerInput, index: number, name: string): string {
  const { pki, kine } = input;
  const files: readonly File[] =
    index === 0
      ? [
          secret('/etc/kubernetes/pki/ca.crt', pki.ca.certificate),
          secret('/etc/kubernetes/pki/ca.key', pki.ca.key),
          secret('/etc/kubernetes/pki/front-proxy-ca.crt', pki.frontProxyCa.certificate),
          secret('/etc/kubernetes/pki/front-proxy-ca.key', pki.frontProxyCa.key),
          secret('/etc/kubernetes/pki/sa.pub', pki.serviceAccounts.certificate),
          secret('/etc/kubernetes/pki/sa.key', pki.serviceAccounts.key),
          secret(`${kineDir}/ca.crt`, kine.caCertificate),
          secret(`${kineDir}/pgpass`, passwordFile(kine, kine.password)),
          secret('/etc/kubernetes/manifests/kine.yaml', kineManifest(kine)),
          secret('/run/matryoshka/kubeadm.yaml', initConfiguration(input.kubeadm, name)),
        ]
      : [secret('/run/matryoshka/kubeadm.yaml', joinConfiguration(input.kubeadm, name, index))];
  const kubeadm =
    index === 0
      ? // Our kine manifest is there already, and kine starts only with kubelet: kubeadm must not ask for either. The machine shares its host's kernel and disk.
        [
          'kubeadm',
          'init',
          '--config',
          '/run/matryoshka/kubeadm.yaml',
          `--ignore-preflight-errors=DirAvailable--etc-kubernetes-manifests,ExternalEtcdVersion,${containerErrors}`,
        ]
      : ['kubeadm', 'join', '--config', '/run/matryoshka/kubeadm.yaml', `--ignore-preflight-errors=${containerErrors}`];
  const text = `#cloud-config\n${stringify(
    {
      hostname: name,
      write_files: files,
      runcmd: [kubeadm],
    },
    { lineWidth: 0 },
  )}`;
  if (Buffer.byteLength(text) > maxUserDataBytes)
    throw new TypedError(
      `The user data of ${name} has ${Buffer.byteLength(text)} bytes; a cloud takes ${maxUserDataBytes}`,
      { code: 'user_data_too_large', actor: 'us' },
    );
  return text;
}

/** Checks of kubeadm that look at the host's kernel from inside a system container and fail there: its configuration file and its swap. */
const containerErrors = 'SystemVerification,Swap,FileContent--proc-sys-net-bridge-bridge-nf-call-iptables';
