/** A Kubernetes object as it comes out of a manifest. */
export interface ManifestObject {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: {
    readonly name: string;
    readonly namespace?: string;
    readonly labels?: Readonly<Record<string, string>>;
    readonly annotations?: Readonly<Record<string, string>>;
  };
  readonly [field: string]: unknown;
}

/** A webhook certificate that somebody has to issue: cert-manager in production, we ourselves on one machine. */
export interface CertificateNeed {
  readonly namespace: string;
  /** Name of the cert-manager Certificate that it stands for; webhook objects refer to it by `cert-manager.io/inject-ca-from`. */
  readonly name: string;
  readonly secretName: string;
  readonly dnsNames: readonly string[];
}

/** Applying order: definitions, then namespaces, then the rest (the API server refuses objects of unknown kinds and namespaces). */
export function inApplyOrder(objects: readonly ManifestObject[]): readonly ManifestObject[] {
  const rank = ({ kind }: ManifestObject): number =>
    kind === 'CustomResourceDefinition' ? 0 : kind === 'Namespace' ? 1 : /WebhookConfiguration$/.test(kind) ? 3 : 2;
  return [...objects].sort((a, b) => rank(a) - rank(b));
}
