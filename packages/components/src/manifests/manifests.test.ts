import { describe, expect, it } from 'vitest';
import { injectCertificates } from './certificates.ts';
import type { ManifestObject } from './object.ts';
import { adaptDeployment, resolvePlaceholders, takeCertificates } from './transform.ts';

describe('resolvePlaceholders', () => {
  it('puts defaults in, empty ones too, and leaves what Kubernetes itself expands', () => {
    const variable = (text: string): string => `$\{${text}}`.replace('\\', '');
    const args = [`--a=${variable('A:=true')},${variable('B_1:=:8443')}`, `--c=${variable('C:= ')}`, '$(POD_NAME)'];
    const value = { args, n: 1, none: null };
    expect(args[1]?.codePointAt(4)).toBe(0x24);
    expect(resolvePlaceholders(value)).toEqual({ args: ['--a=true,:8443', '--c= ', '$(POD_NAME)'], n: 1, none: null });
  });
});

describe('adaptDeployment', () => {
  it('sets image and replicas, drops arguments, and touches nothing else', () => {
    const object = (image: string, args: readonly string[], more: object): ManifestObject => ({
      apiVersion: 'apps/v1',
      kind: 'Deployment',
      metadata: { name: 'x' },
      spec: { template: { spec: { containers: [{ name: 'm', image, args, ...more }] } }, ...{ replicas: 1 } },
    });
    const before = object('old', ['--keep', '--drop=1'], { imagePullPolicy: 'Always' });
    expect(adaptDeployment(before, 'new', ['--drop'])).toEqual(
      object('new', ['--keep'], { imagePullPolicy: 'IfNotPresent' }),
    );
    const service: ManifestObject = { apiVersion: 'v1', kind: 'Service', metadata: { name: 'x' } };
    expect(adaptDeployment(service, 'new', [])).toBe(service);
  });
});

describe('certificates', () => {
  const annotations = { 'cert-manager.io/inject-ca-from': 'ns/cert', other: 'stays' };
  const clientConfig = { service: { name: 's', namespace: 'ns' } };
  const objects: readonly ManifestObject[] = [
    {
      apiVersion: 'cert-manager.io/v1',
      kind: 'Certificate',
      metadata: { name: 'cert', namespace: 'ns' },
      spec: { secretName: 'tls', dnsNames: ['s.ns.svc'] },
    },
    { apiVersion: 'cert-manager.io/v1', kind: 'Issuer', metadata: { name: 'i', namespace: 'ns' } },
    {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingWebhookConfiguration',
      metadata: { name: 'v', annotations },
      webhooks: [{ name: 'a', clientConfig }],
    },
    {
      apiVersion: 'apiextensions.k8s.io/v1',
      kind: 'CustomResourceDefinition',
      metadata: { name: 'c', annotations },
      spec: { group: 'g', conversion: { strategy: 'Webhook', webhook: { clientConfig } } },
    },
  ];

  it('are issued for the names that cert-manager was asked for, and trusted by every webhook', async () => {
    const asked: string[] = [];
    const injected = await injectCertificates(takeCertificates(objects), (dnsNames) => {
      asked.push(...dnsNames);
      return { caPem: 'ca', certPem: 'cert', keyPem: 'key' };
    });
    expect(asked).toEqual(['s.ns.svc']);
    expect(injected.map(({ kind }) => kind)).toEqual([
      'CustomResourceDefinition',
      'Secret',
      'ValidatingWebhookConfiguration',
    ]);
    const [definition, secret, webhooks] = injected;
    const caBundle = 'Y2E=';
    expect(definition?.spec).toMatchObject({ group: 'g', conversion: { webhook: { clientConfig: { caBundle } } } });
    expect(webhooks?.webhooks).toEqual([{ name: 'a', clientConfig: { ...clientConfig, caBundle } }]);
    expect(webhooks?.metadata.annotations).toEqual({ other: 'stays' });
    expect(secret).toMatchObject({ metadata: { name: 'tls', namespace: 'ns' }, data: { 'tls.key': 'a2V5' } });
  });

  it('must all be known', async () => {
    const rendered = { objects: objects.slice(2), certificates: [] };
    const issue = () => ({ caPem: '', certPem: '', keyPem: '' });
    await expect(injectCertificates(rendered, issue)).rejects.toMatchObject({ code: 'certificate_missing' });
  });
});
