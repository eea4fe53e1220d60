import type { CertificateNeed, ManifestObject } from './object.ts';

/** Replaces `${NAME:=default}` and `${NAME:-default}`, as clusterctl's variables are written, by the default, in every string of the value. */
export function resolvePlaceholders(value: unknown): unknown {
  if (typeof value === 'string') return value.replace(/\$\{[A-Za-z0-9_]+:?[=-]([^}]*)\}/g, '$1');
  if (Array.isArray(value)) return value.map(resolvePlaceholders);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, resolvePlaceholders(inner)]));
}

interface Container {
  readonly name: string;
  readonly image: string;
  readonly args?: readonly string[];
}

/** Gives every container of a Deployment the image, one replica, pull only when absent, and drops the arguments that start with one of `withoutArgs`. */
export function adaptDeployment(object: ManifestObject, image: string, withoutArgs: readonly string[]): ManifestObject {
  if (object.kind !== 'Deployment') return object;
  const spec = object.spec as { readonly template: { readonly spec: { readonly containers: readonly Container[] } } };
  const containers = spec.template.spec.containers.map((container) => ({
    ...container,
    image,
    imagePullPolicy: 'IfNotPresent',
    ...(container.args === undefined
      ? {}
      : { args: container.args.filter((arg) => !withoutArgs.some((prefix) => arg.startsWith(prefix))) }),
  }));
  const template = { ...spec.template, spec: { ...spec.template.spec, containers } };
  return { ...object, spec: { ...spec, replicas: 1, template } };
}

/** Takes cert-manager's objects out and says which certificates they stood for. */
export function takeCertificates(objects: readonly ManifestObject[]): {
  readonly objects: readonly ManifestObject[];
  readonly certificates: readonly CertificateNeed[];
} {
  const foreign = (object: ManifestObject): boolean => object.apiVersion.startsWith('cert-manager.io/');
  const certificates = objects
    .filter((object) => foreign(object) && object.kind === 'Certificate')
    .map((object) => {
      const spec = object.spec as { readonly secretName: string; readonly dnsNames: readonly string[] };
      const { name, namespace = '' } = object.metadata;
      return { namespace, name, secretName: spec.secretName, dnsNames: spec.dnsNames };
    });
  return { objects: objects.filter((object) => !foreign(object)), certificates };
}
