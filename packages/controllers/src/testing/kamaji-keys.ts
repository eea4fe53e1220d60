// @peculiar/x509 needs it to be loaded before.
import 'reflect-metadata';
import { createHash, createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import { buildKubeconfig, type KubeClient, type KubeObject, parseKubeconfig } from '@matryoshka/kube';
import * as x509 from '@peculiar/x509';
import { newAuthority, newSigningKey } from '../cluster/rotation/keys.ts';
import { certificatesOf } from '../cluster/rotation/pem.ts';
import { dataOf, encoded } from '../cluster/rotation/secrets.ts';
import type { SecretData } from '../cluster/rotation/stages.ts';
import { finishRollout } from './deployments.ts';

/** Suffixes of Secrets with a certificate, or a kubeconfig, of an authority, with the key in it and what Kamaji writes of it on pods. */
const leaves = [
  ['api-server-certificate', 'apiserver.crt', 'ca', 'api-server-certificate'],
  ['api-server-kubelet-client-certificate', 'client.crt', 'ca', 'api-server-kubelet-client-certificate'],
  [
    'front-proxy-client-certificate',
    'front-proxy-client.crt',
    'front-proxy-ca-certificate',
    'front-proxy-client-certificate',
  ],
  ['controller-manager-kubeconfig', 'controller-manager.conf', 'ca', 'controller-manager-kubeconfig'],
  ['scheduler-kubeconfig', 'scheduler.conf', 'ca', 'scheduler-kubeconfig'],
  ['admin-kubeconfig', 'super-admin.conf', 'ca', undefined],
] as const;
/** Those that are made anew only when they are gone. */
const forgotten = [
  ['konnectivity-certificate', 'tls.crt'],
  ['konnectivity-kubeconfig', 'konnectivity-server.conf'],
] as const;

/**
 * Plays what Kamaji does with the keys of one control plane (internal/resources): authorities where there are none, certificates by the first authority of a file, kubeconfigs that know only that one,
 * and a Deployment that is replaced whenever one of them changes. `hasSigner`: the pods have the mount of a rotation.
 */
export async function playKamajiKeys(client: KubeClient, id: string, hasSigner: boolean): Promise<void> {
  const find = async (suffix: string): Promise<SecretData> =>
    dataOf(await client.find({ apiVersion: 'v1', kind: 'Secret', name: `${id}-${suffix}`, namespace: id }));
  const put = async (suffix: string, data: SecretData): Promise<void> => {
    const metadata = { name: `${id}-${suffix}`, namespace: id };
    await client.apply(
      { apiVersion: 'v1', kind: 'Secret', metadata, data: encoded(data) },
      { fieldManager: 'kamaji', force: true },
    );
  };
  for (const [suffix, cert, key] of [
    ['ca', 'ca.crt', 'ca.key'],
    ['front-proxy-ca-certificate', 'front-proxy-ca.crt', 'front-proxy-ca.key'],
  ] as const)
    if ((await find(suffix))[cert] === undefined) {
      const made = await newAuthority(suffix, new Date());
      await put(suffix, { [cert]: made.public, [key]: made.private });
    }
  if ((await find('sa-certificate'))['sa.key'] === undefined) {
    const made = await newSigningKey();
    await put('sa-certificate', { 'sa.pub': made.public, 'sa.key': made.private });
  }
  for (const [suffix, key, authority] of leaves) {
    const issuer = await find(authority);
    const has = (await find(suffix))[key];
    if (has === undefined || !isOf(has, issuer))
      await put(suffix, { [key]: await issue(key, issuer, firstOf(issuer)) });
  }
  for (const [suffix, key] of forgotten) {
    const issuer = await find('ca');
    if ((await find(suffix))[key] === undefined)
      await put(suffix, { [key]: await issue(key, issuer, bundleOf(issuer)) });
  }
  await client.apply(
    {
      ...{ apiVersion: 'v1', kind: 'ConfigMap', metadata: { name: 'kube-root-ca.crt', namespace: 'kube-system' } },
      data: { 'ca.crt': bundleOf(await find('ca')) },
    },
    { fieldManager: 'kamaji', force: true },
  );
  const labels: Record<string, string> = {};
  for (const [suffix, label] of [
    ['ca', 'ca'],
    ['front-proxy-ca-certificate', 'front-proxy-ca-certificate'],
    ['sa-certificate', 'service-account'],
    ...leaves.flatMap(([suffix, , , label]) => (label === undefined ? [] : [[suffix, label] as const])),
  ] as const)
    labels[`component.kamaji.clastix.io/${label}`] = hashOf(await find(suffix));
  await rollOut(client, id, labels, hasSigner);
}

const bundleOf = (issuer: SecretData): string =>
  Object.entries(issuer).find(([key]) => key.endsWith('ca.crt'))?.[1] ?? '';
const firstOf = (issuer: SecretData): string => certificatesOf(bundleOf(issuer))[0]?.toString() ?? '';

/** Kamaji writes a kubeconfig again when the Secret of the authority has changed; who signed it stands for that here. */
function isOf(text: string, issuer: SecretData): boolean {
  const pem = text.includes('-----BEGIN') ? text : (parseKubeconfig(text).cert ?? '');
  return new X509Certificate(pem).verify(new X509Certificate(firstOf(issuer)).publicKey);
}

async function issue(name: string, issuer: SecretData, knownBy: string): Promise<string> {
  x509.cryptoProvider.set(webcrypto);
  const algorithm = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const pem = Object.entries(issuer).find(([key]) => key.endsWith('ca.key'))?.[1] ?? '';
  const der = createPrivateKey(pem).export({ type: 'pkcs8', format: 'der' });
  const signingKey = await webcrypto.subtle.importKey('pkcs8', der, algorithm, false, ['sign']);
  const keys = await webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
  const made = await x509.X509CertificateGenerator.create({
    ...{ subject: `CN=${name}`, issuer: new x509.X509Certificate(firstOf(issuer)).subject, signingKey },
    ...{ publicKey: keys.publicKey, signingAlgorithm: algorithm },
    ...{ notBefore: new Date(), notAfter: new Date(Date.now() + 365 * 86_400_000) },
  });
  const cert = made.toString('pem');
  if (!name.endsWith('.conf')) return cert;
  return JSON.stringify(buildKubeconfig({ name: 'x', connection: { server: 'https://192.0.2.1', ca: knownBy, cert } }));
}

function hashOf(data: SecretData): string {
  const digest = createHash('md5');
  for (const key of Object.keys(data).toSorted()) digest.update(data[key] ?? '');
  return digest.digest('hex');
}

async function rollOut(
  client: KubeClient,
  id: string,
  hashes: Readonly<Record<string, string>>,
  hasSigner: boolean,
): Promise<void> {
  const labels = { app: id, ...hashes };
  const volumes = hasSigner ? [{ name: 'signer', secret: { secretName: `${id}-signer` } }] : [];
  const made = await client.apply<KubeObject>(
    {
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: id, namespace: id },
      spec: {
        replicas: 2,
        selector: { matchLabels: { app: id } },
        template: { metadata: { labels }, spec: { containers: [{ name: 'c', image: 'i' }], volumes } },
      },
    },
    { fieldManager: 'kamaji', force: true },
  );
  await finishRollout(client, made);
}
