import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@matryoshka/system';
import { parseAllDocuments } from 'yaml';
import { componentBinary } from '../binaries.ts';
import { explainBuildError } from '../build/errors.ts';
import { ensureGo } from '../build/go-toolchain.ts';
import { imageRef } from '../images/list.ts';
import { moduleDir } from '../paths.ts';
import { chooseVersion, findComponent } from '../versions.ts';
import { kamajiManifests } from './kamaji.ts';
import { type CertificateNeed, inApplyOrder, type ManifestObject } from './object.ts';
import { adaptDeployment, resolvePlaceholders, takeCertificates } from './transform.ts';

export interface RenderedManifests {
  /** Ready for server-side apply in this order, once {@link injectCertificates} has been through them. */
  readonly objects: readonly ManifestObject[];
  readonly certificates: readonly CertificateNeed[];
}

interface Source {
  readonly component: string;
  readonly folder: string;
  readonly image: string;
  readonly withoutArgs?: readonly string[];
}

const sources: readonly Source[] = [
  { component: 'cluster-api', folder: 'config/default', image: 'cluster-api' },
  { component: 'cluster-api', folder: 'bootstrap/kubeadm/config/default', image: 'kubeadm-bootstrap' },
  { component: 'orc', folder: 'config/default', image: 'orc' },
  { component: 'capo', folder: 'config/default', image: 'capo' },
  {
    component: 'kamaji-provider',
    folder: 'config/default',
    image: 'kamaji-provider',
    // With an empty list of resources the provider ends at once.
    withoutArgs: ['--dynamic-infrastructure-clusters'],
  },
];

/** Folder with the upstream sources of a component's module, fetched when it is not in the module cache. */
export async function moduleSource(componentName: string): Promise<string> {
  const component = findComponent(componentName);
  const go = await ensureGo();
  const module = `${component.module}@${chooseVersion(component)}`;
  try {
    const { stdout } = await run([go.path, 'mod', 'download', '-json', module], {
      cwd: moduleDir(component),
      env: { GOTOOLCHAIN: 'local', GOFLAGS: '-mod=readonly', GOWORK: 'off' },
    });
    return (JSON.parse(stdout) as { readonly Dir: string }).Dir;
  } catch (error) {
    throw explainBuildError(component.name, error);
  }
}

/** The objects of a YAML text with several documents; lists are unfolded. */
export function parseManifests(text: string): readonly ManifestObject[] {
  const parsed = parseAllDocuments(text).map((document) => document.toJS() as ManifestObject | null);
  return parsed
    .filter((object) => object !== null)
    .flatMap((object) => (object.kind === 'List' ? (object.items as readonly ManifestObject[]) : [object]));
}

/**
 * What the management cluster runs beside Kubernetes itself: Cluster API core, its kubeadm bootstrap provider, ORC, CAPO, the Kamaji provider
 * (upstream's kustomizations with our changes) and Kamaji. Needs the built kubectl (TypedError `not_built`).
 */
export async function renderManifests(): Promise<RenderedManifests> {
  const kubectl = await componentBinary('kubectl');
  const objects: ManifestObject[] = [];
  const certificates: CertificateNeed[] = [];
  for (const source of sources) {
    const rendered = takeCertificates(
      await kustomize(kubectl, join(await moduleSource(source.component), source.folder)),
    );
    certificates.push(...rendered.certificates);
    const image = imageRef(source.image);
    for (const object of rendered.objects)
      objects.push(adaptDeployment(resolvePlaceholders(object) as ManifestObject, image, source.withoutArgs ?? []));
  }
  const chart = join(await moduleSource('kamaji'), 'charts', 'kamaji');
  const names = ['kamaji.clastix.io_datastores.yaml', 'kamaji.clastix.io_tenantcontrolplanes.yaml'];
  const texts = await Promise.all(names.map(async (name) => await readFile(join(chart, 'crds', name), 'utf8')));
  const rules = parseManifests(await readFile(join(chart, 'controller-gen', 'clusterrole.yaml'), 'utf8'));
  const kamaji = kamajiManifests({
    image: imageRef('kamaji'),
    kineImage: imageRef('kine'),
    definitions: texts.flatMap(parseManifests),
    rules: rules as unknown as readonly unknown[][],
  });
  return {
    // Kamaji and its provider share a namespace; applying it twice would take the first one's labels away again.
    objects: inApplyOrder([...objects, ...kamaji.objects.filter((object) => !hasObject(objects, object))]),
    certificates: [...certificates, ...kamaji.certificates],
  };
}

const hasObject = (objects: readonly ManifestObject[], one: ManifestObject): boolean =>
  objects.some(
    ({ kind, metadata }) =>
      kind === one.kind && metadata.name === one.metadata.name && metadata.namespace === one.metadata.namespace,
  );

// The folder is given as seen from a scratch directory: kustomize takes a path with "github.com/" in it for a remote repository.
async function kustomize(kubectl: string, folder: string): Promise<readonly ManifestObject[]> {
  const scratch = await mkdtemp(join(tmpdir(), 'matryoshka-kustomize-'));
  try {
    const { stdout } = await run([kubectl, 'kustomize', folder], { cwd: scratch });
    return parseManifests(stdout);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
