import { beforeAll, describe, expect, it } from 'vitest';
import { buildComponents } from '../build/builder.ts';
import { imageList } from '../images/list.ts';
import { injectCertificates } from './certificates.ts';
import { type RenderedManifests, renderManifests } from './render.ts';
import { snapshotDefinitions } from './snapshots.ts';

let rendered: RenderedManifests;
beforeAll(async () => {
  await buildComponents({ names: ['kubernetes'] });
  rendered = await renderManifests();
}, 900_000);

const issued = { caPem: 'authority', certPem: 'certificate', keyPem: 'key' };
const text = (value: unknown): string => JSON.stringify(value);

describe('renderManifests', () => {
  it('renders one Deployment of each component, with images of the list only', () => {
    const deployments = rendered.objects.filter(({ kind }) => kind === 'Deployment');
    expect(deployments.map(({ metadata }) => metadata.namespace).sort()).toEqual([
      'capi-kubeadm-bootstrap-system',
      'capi-system',
      'capo-system',
      'kamaji-system',
      'kamaji-system',
      'orc-system',
    ]);
    const refs = imageList().map(({ ref }) => ref);
    const images = [...text(deployments).matchAll(/"image":"([^"]+)"/g)].map(([, image]) => image);
    expect(images.length).toBe(6);
    for (const image of images) expect(refs).toContain(image);
  });

  it('leaves no placeholder, no object of cert-manager and no argument that ends the provider', () => {
    expect(text(rendered.objects)).not.toContain('${');
    expect(rendered.objects.filter(({ apiVersion }) => apiVersion.startsWith('cert-manager.io/'))).toEqual([]);
    expect(text(rendered.objects)).not.toContain('dynamic-infrastructure-clusters');
    expect(text(rendered.certificates)).not.toContain('$(');
  });

  it('sets defaults but validates no TenantControlPlane', () => {
    const names = rendered.objects.filter(({ kind }) => kind.endsWith('WebhookConfiguration'));
    expect(names.some(({ metadata }) => metadata.name === 'kamaji-mutating-webhook-configuration')).toBe(true);
    const validating = names.filter(({ kind }) => kind.startsWith('Validating'));
    expect(text(validating)).not.toContain('tenantcontrolplanes');
  });

  it('has the definitions of volume snapshots as one applies them', async () => {
    const definitions = await snapshotDefinitions();
    expect(definitions.map(({ metadata }) => metadata.name)).toEqual([
      'volumesnapshotclasses.snapshot.storage.k8s.io',
      'volumesnapshotcontents.snapshot.storage.k8s.io',
      'volumesnapshots.snapshot.storage.k8s.io',
    ]);
    for (const definition of definitions) expect(definition).not.toHaveProperty('status');
  });

  it('has every object once', () => {
    const ids = rendered.objects.map(({ kind, metadata }) => `${kind} ${metadata.namespace ?? ''}/${metadata.name}`);
    expect(new Set(ids).size).toBe(ids.length);
  });

  it('comes in the order in which it can be applied', () => {
    const kinds = rendered.objects.map(({ kind }) => kind);
    const last = kinds.lastIndexOf('CustomResourceDefinition');
    expect(kinds.slice(0, last + 1).every((kind) => kind === 'CustomResourceDefinition')).toBe(true);
    expect(kinds[last + 1]).toBe('Namespace');
  });

  it('gets an authority into every webhook and conversion', async () => {
    const asked: string[] = [];
    const objects = await injectCertificates(rendered, (dnsNames) => {
      asked.push(...dnsNames.slice(0, 1));
      return issued;
    });
    expect(asked).toContain('capo-webhook-service.capo-system.svc');
    const caBundle = Buffer.from('authority').toString('base64');
    const configs: { readonly caBundle?: string }[] = [];
    const collect = (value: unknown): void => {
      if (typeof value !== 'object' || value === null) return;
      for (const [key, inner] of Object.entries(value)) {
        if (key === 'clientConfig' && 'service' in inner) configs.push(inner);
        else collect(inner);
      }
    };
    for (const object of objects)
      if (object.kind.endsWith('WebhookConfiguration')) collect(object);
      else if (object.kind === 'CustomResourceDefinition')
        collect((object.spec as { conversion?: unknown }).conversion);
    expect(configs.length).toBeGreaterThan(10);
    for (const config of configs) expect(config.caBundle).toBe(caBundle);
    const secrets = objects.filter(({ kind }) => kind === 'Secret').map(({ metadata }) => metadata.name);
    for (const { secretName } of rendered.certificates) expect(secrets).toContain(secretName);
    expect(text(objects)).not.toContain('cert-manager.io/inject-ca-from');
  });
});
