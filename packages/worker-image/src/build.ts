import { mkdir, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { markUsed, removeUnused, run, TypedError, writeFileAtomic } from '@matryoshka/system';
import { type Base, baseKey, buildBase } from './base.ts';
import { cacheRoot, keyOf, publishOnce, readJson, sha256File, sha256Folder } from './cache.ts';
import { type CompleteOptions, withComponents } from './components.ts';
import { containerdConfig, hostsToml, mirroredRegistries } from './containerd-config.ts';
import { makeDisk } from './disk.ts';
import { type Artefact, glanceProperties, type Manifest } from './manifest.ts';
import { type BuildWorkerImageOptions, checkOptions, type WorkerImageFormat } from './options.ts';
import { applyOverlay, staticOverlay } from './overlay.ts';
import { type BaseVariant, debianPackagesOf } from './packages.ts';
import { preloadImages } from './preload.ts';
import { runIsolated } from './sandbox.ts';
import { enabledUnits, maskedUnits } from './units.ts';

/** Raised when the way an image is put together changes. */
const imageFormat = 1;
/** Every change of a component makes another image of half a gigabyte. */
const keepUnusedMs = 30 * 24 * 3600_000;
const defaultMirror = 'http://172.29.0.1:5050';

export interface WorkerImage {
  /** Folder in the cache that holds all of it. */
  readonly dir: string;
  readonly rootfs: string;
  /** Only when asked for, now or in an earlier build of the same inputs. */
  readonly qcow2?: string;
  readonly manifest: Manifest;
}

interface Plan {
  readonly options: CompleteOptions;
  readonly inputs: Manifest['inputs'];
  readonly dir: string;
}

/**
 * Builds the worker image of one Kubernetes version, or returns it from the cache. `rootfs` is always made, `qcow2` on demand.
 * Needs root. Images that no build asked for during a month are removed. A build that was killed at any moment leaves no mount and no process, and the next one removes its files.
 * Errors: `worker_image_options`, `worker_image_input_missing`, `apt_sources_missing`, `disk_full`, `not_built`, `command_failed`, `command_not_found`.
 */
export async function buildWorkerImage(options: BuildWorkerImageOptions): Promise<WorkerImage> {
  checkOptions(options);
  const plan = await makePlan(await withComponents(options));
  // Before the work too: a build beside this one must not take it for one that nobody wants.
  await markUsed(plan.dir);
  const wanted = new Set<WorkerImageFormat>(['rootfs', ...(options.formats ?? [])]);
  for (const format of ['rootfs', 'qcow2'] as const) {
    if (!wanted.has(format)) continue;
    const folder = join(plan.dir, format);
    await publishOnce(
      folder,
      async (f) => (await readJson<Artefact>(join(f, 'artefact.json'))) !== undefined,
      async (work) => await (format === 'rootfs' ? makeRootfs(plan, work) : makeQcow2(plan, work)),
      options.signal,
    );
  }
  const image = await describe(plan);
  await markUsed(plan.dir);
  await removeUnused(cacheRoot(), /^[0-9a-f]{16}$/, keepUnusedMs);
  options.onProgress?.('done');
  return image;
}

async function makePlan(options: CompleteOptions): Promise<Plan> {
  const hashOf = async (path: string, what: string): Promise<string> => {
    if ((await stat(path).catch(() => undefined))?.isFile() !== true)
      throw new TypedError(`${what} is not at ${path}`, {
        code: 'worker_image_input_missing',
        actor: 'us',
        next: 'Build the components first.',
      });
    return await sha256File(path);
  };
  const images: Record<string, string> = {};
  for (const { archive, refs } of options.images) {
    const digest = await hashOf(archive, `The archive of ${refs.join(', ')}`);
    for (const ref of refs) images[ref] = digest;
  }
  const { sandboxImage } = options;
  const inputs: Manifest['inputs'] = {
    imageFormat,
    kubernetesVersion: options.kubernetesVersion,
    kubernetes: await hashOf(options.kubernetesBinary, `The Kubernetes ${options.kubernetesVersion} binary`),
    images,
    base: { machine: baseKey('machine'), disk: baseKey('disk') },
    overlay: await sha256Folder(staticOverlay),
    rendered: keyOf([
      containerdConfig(sandboxImage),
      hostsToml('x', 'y', 'z'),
      mirroredRegistries,
      enabledUnits,
      maskedUnits,
    ]),
    registryMirror: options.registryMirror === undefined ? defaultMirror : options.registryMirror,
    diskRegistryMirror: options.diskRegistryMirror ?? null,
    registryPrefix: options.registryPrefix ?? null,
  };
  return { options, inputs, dir: join(cacheRoot(), keyOf(inputs)) };
}

/** Unpacks the Debian base of the variant and turns it into a worker, all but the container images. */
async function makeRoot(plan: Plan, variant: BaseVariant, work: string): Promise<{ root: string; base: Base }> {
  const { options } = plan;
  options.onProgress?.('debian', `${debianPackagesOf(variant).length} packages`);
  const base = await buildBase(variant, options.signal === undefined ? {} : { signal: options.signal });
  const root = join(work, 'root');
  await mkdir(root, { mode: 0o755 });
  await runIsolated(
    ['tar', '--extract', '--file', base.tar, '--directory', root, '--numeric-owner', '--xattrs', '--xattrs-include=*'],
    {
      ...(options.signal === undefined ? {} : { signal: options.signal }),
    },
  );
  options.onProgress?.('kubernetes', options.kubernetesVersion);
  await applyOverlay(root, options.kubernetesBinary, {
    kubernetesVersion: options.kubernetesVersion,
    sandboxImage: options.sandboxImage,
    registryMirror: variant === 'machine' ? plan.inputs.registryMirror : plan.inputs.diskRegistryMirror,
    registryPrefix: plan.inputs.registryPrefix,
  });
  return { root, base };
}

async function makeRootfs(plan: Plan, work: string): Promise<void> {
  const { options } = plan;
  const { root, base } = await makeRoot(plan, 'machine', work);
  options.onProgress?.('images', `${options.images.flatMap(({ refs }) => refs).length} container images`);
  await preloadImages({ root, images: options.images }, options.signal);
  options.onProgress?.('squashfs');
  const file = join(work, 'rootfs.squashfs');
  await run(
    ['mksquashfs', root, file, ...squashOptions],
    options.signal === undefined ? {} : { signal: options.signal },
  );
  await finish(work, root, file, base);
}

/** zstd at a low level: unpacks nearly as fast as lz4 on two cores, at two thirds of the size (docs/worker-image.md). */
const squashOptions = ['-comp', 'zstd', '-Xcompression-level', '3', '-no-progress', '-quiet', '-noappend'] as const;

async function makeQcow2(plan: Plan, work: string): Promise<void> {
  const { options } = plan;
  const signal = options.signal === undefined ? {} : { signal: options.signal };
  const { root, base } = await makeRoot(plan, 'disk', work);
  options.onProgress?.('images', 'from the root file system');
  const rootfs = join(plan.dir, 'rootfs', 'rootfs.squashfs');
  await runIsolated(
    ['unsquashfs', '-force', '-no-progress', '-quiet', '-dest', root, rootfs, 'var/lib/containerd'],
    signal,
  );
  options.onProgress?.('disk');
  const file = join(work, 'disk.qcow2');
  await makeDisk(root, file, work, options.signal);
  await finish(work, root, file, base);
}

async function finish(work: string, root: string, file: string, base: Base): Promise<void> {
  const { size } = await stat(file);
  const packages = (await run(['sort', base.packageList])).stdout.trim().split('\n');
  const artefact: Artefact = { sizeBytes: size, sha256: await sha256File(file), debianPackages: packages };
  await rm(root, { recursive: true, force: true });
  await writeFileAtomic(join(work, 'artefact.json'), `${JSON.stringify(artefact, null, 2)}\n`);
}

async function describe(plan: Plan): Promise<WorkerImage> {
  const rootfs = join(plan.dir, 'rootfs', 'rootfs.squashfs');
  const qcow2 = join(plan.dir, 'qcow2', 'disk.qcow2');
  const rootfsArtefact = await readJson<Artefact>(join(plan.dir, 'rootfs', 'artefact.json'));
  const qcow2Artefact = await readJson<Artefact>(join(plan.dir, 'qcow2', 'artefact.json'));
  if (rootfsArtefact === undefined) throw new Error(`${plan.dir} was removed while it was read`);
  const manifest: Manifest = {
    properties: glanceProperties(plan.options.kubernetesVersion),
    inputs: plan.inputs,
    rootfs: rootfsArtefact,
    ...(qcow2Artefact === undefined ? {} : { qcow2: qcow2Artefact }),
  };
  await writeFileAtomic(join(plan.dir, 'manifest.json'), `${JSON.stringify(manifest, null, 2)}\n`);
  return { dir: plan.dir, rootfs, manifest, ...(qcow2Artefact === undefined ? {} : { qcow2 }) };
}
