import { cp, mkdir, mkdtemp, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { cruiseTree, type Violation } from './cruise.ts';
import { undeclaredImports } from './declared-imports.ts';

interface Plant {
  readonly rule: string;
  readonly file: string;
  readonly code: string;
}

const plant = (rule: string, file: string, code: string): Plant => ({ rule, file, code });
const importing = (name: string): string => `import * as planted from '${name}';\nexport const seen = planted;\n`;

/** One violation per rule. A rule without a plant fails the self-test, so a new rule brings its proof along. */
const plants: readonly Plant[] = [
  plant('wall-domain', 'packages/domain/src/planted-wall.ts', importing('@matryoshka/postgres')),
  plant('wall-contract', 'packages/contract/src/planted-wall.ts', importing('@matryoshka/domain')),
  plant('wall-system', 'packages/system/src/planted-wall.ts', importing('@matryoshka/kube')),
  plant('wall-client', 'packages/client/src/planted-wall.ts', importing('@matryoshka/system')),
  plant('wall-cli', 'packages/cli/src/planted-wall.ts', importing('@matryoshka/installer')),
  plant('wall-probe', 'packages/probe/src/planted-wall.ts', importing('@matryoshka/contract')),
  plant('wall-kube', 'packages/kube/src/planted-wall.ts', importing('@matryoshka/domain')),
  plant('wall-openstack', 'packages/openstack/src/planted-wall.ts', importing('@matryoshka/kube')),
  plant('wall-addons', 'packages/addons/src/planted-wall.ts', importing('@matryoshka/components')),
  plant('wall-pocket-cloud', 'packages/pocket-cloud/src/planted-wall.ts', importing('@matryoshka/openstack')),
  plant('wall-archive', 'packages/archive/src/planted-wall.ts', importing('@matryoshka/postgres')),
  plant('wall-backup-store', 'packages/backup-store/src/planted-wall.ts', importing('@matryoshka/postgres')),
  plant('wall-postgres', 'packages/postgres/src/planted-wall.ts', importing('@matryoshka/controllers')),
  plant('wall-application', 'packages/application/src/planted-wall.ts', importing('@matryoshka/postgres')),
  plant('wall-controllers', 'packages/controllers/src/planted-wall.ts', importing('@matryoshka/api')),
  plant('wall-api', 'packages/api/src/planted-wall.ts', importing('@matryoshka/kube')),
  plant('wall-components', 'packages/components/src/planted-wall.ts', importing('@matryoshka/installer')),
  plant('wall-worker-image', 'packages/worker-image/src/planted-wall.ts', importing('@matryoshka/pocket-cloud')),
  plant('wall-installer', 'packages/installer/src/planted-wall.ts', importing('@matryoshka/controllers')),
  plant('wall-testkit', 'packages/testkit/src/planted-wall.ts', importing('@matryoshka/controllers')),
  plant('unknown-package', 'packages/planted/src/index.ts', importing('node:fs')),
  plant('packages-by-name', 'packages/api/src/planted-path.ts', importing('../../domain/src/index.ts')),
  plant('nobody-imports-apps', 'packages/api/src/planted-app.ts', importing('../../../apps/planted/src/main.ts')),
  plant('pure-domain', 'packages/domain/src/planted-core.ts', importing('node:fs')),
  plant('pure-npm', 'packages/domain/src/planted-npm.ts', importing('yaml')),
  plant('testkit-in-tests-only', 'packages/controllers/src/planted-testkit.ts', importing('@matryoshka/testkit')),
  plant('tests-are-leaves', 'packages/kube/src/planted-leaf.ts', importing('./planted.test.ts')),
  plant('no-cycles', 'packages/kube/src/planted-a.ts', importing('./planted-b.ts')),
  plant('resolvable', 'packages/kube/src/planted-absent.ts', importing('./no-such-file.ts')),
  plant('declared-imports', 'packages/kube/src/planted-npm.ts', importing('fastify')),
];

/** What plants need besides themselves; none of these is a violation on its own. */
const helpers: Readonly<Record<string, string>> = {
  'apps/planted/src/main.ts': 'export const main = 1;\n',
  'apps/planted/package.json': '{"name":"@matryoshka/app-planted"}\n',
  'packages/planted/package.json': '{"name":"@matryoshka/planted"}\n',
  'packages/kube/src/planted.test.ts': 'export const test = 1;\n',
  'packages/kube/src/planted-b.ts': importing('./planted-a.ts'),
};

/**
 * Plants one violation per rule in a copy of the tree and reports every rule that did not find its own.
 * An empty answer means that each rule really bites.
 */
export async function selfTest(root: string, ruleNames: readonly string[]): Promise<readonly string[]> {
  const unproved = ruleNames.filter((name) => !plants.some((item) => item.rule === name));
  const copy = await mkdtemp(join(tmpdir(), 'matryoshka-layers-'));
  try {
    await copyTree(root, copy);
    for (const [file, code] of Object.entries(helpers)) await write(join(copy, file), code);
    for (const { file, code } of plants) await write(join(copy, file), code);
    const outcome = await cruiseTree(copy);
    const found = [...outcome.violations, ...(await undeclaredImports(copy, outcome.imports))];
    const missed = plants.filter((item) => !found.some((violation) => matches(item, violation)));
    return [
      ...unproved.map((name) => `rule ${name} has no planted violation in tools/layers/src/self-test.ts`),
      ...missed.map((item) => `rule ${item.rule} did not find the violation planted in ${item.file}`),
    ];
  } finally {
    await rm(copy, { recursive: true, force: true });
  }
}

function matches(item: Plant, violation: Violation): boolean {
  return violation.rule === item.rule && violation.from === item.file;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

/** Copies the sources and rebuilds node_modules out of links, with the workspace packages pointing into the copy. */
async function copyTree(root: string, copy: string): Promise<void> {
  const filter = (source: string): boolean =>
    !source.endsWith('/node_modules') && (!/\.[a-z]+$/.test(source) || /\.(ts|json|d)$/.test(source));
  for (const folder of ['packages', 'apps', 'tools', 'test'])
    await cp(join(root, folder), join(copy, folder), { recursive: true, filter });
  for (const file of ['package.json', '.dependency-cruiser.cjs', 'tsconfig.json'])
    await write(join(copy, file), await readFile(join(root, file), 'utf8'));
  await mkdir(join(copy, 'node_modules', '@matryoshka'), { recursive: true });
  for (const name of await readdir(join(root, 'node_modules')))
    if (name !== '@matryoshka') await symlink(join(root, 'node_modules', name), join(copy, 'node_modules', name));
  for (const name of await readdir(join(root, 'packages')))
    await symlink(join(copy, 'packages', name), join(copy, 'node_modules', '@matryoshka', name));
}
