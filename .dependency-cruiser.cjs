// The walls between the packages. Left may import right; each rule says why, so that whoever hits it knows what to do instead.
// tools/layers runs these rules, plants one violation of each and fails when a plant is not found.

/** package → the workspace packages it may import. `system` is free for all but the pure ones. */
const allowed = {
  domain: { may: [], why: 'domain is pure: model and plan() only, so that stories and simulations can run it without a world.' },
  contract: { may: [], why: 'contract is the wire shape, shared with browser and CLI: typebox only.' },
  system: { may: [], why: 'system is the bottom: everything may import it, so it imports nothing.' },
  client: { may: ['contract'], why: 'client runs in browsers too: it knows the public API and nothing else.' },
  cli: { may: ['contract', 'client', 'probe', 'system'], why: 'the CLI talks to the service through its public API; what runs the machine is handed in by apps/kaas.' },
  probe: { may: ['kube', 'system'], why: 'the probe is a customer of any cluster: it knows nothing of the service.' },
  kube: { may: ['system'], why: 'kube could be published alone: it knows nothing of the product.' },
  openstack: { may: ['system'], why: 'openstack could be published alone: it knows nothing of the product.' },
  addons: { may: ['kube', 'system'], why: 'addons builds objects for any cluster: who applies them, and with which image, is not its business.' },
  'pocket-cloud': { may: ['system'], why: 'pocket cloud stands in for a real OpenStack: it must not know who uses it.' },
  'backup-store': { may: ['system'], why: 'backup-store keeps and seals files; what they hold is not its business.' },
  archive: { may: ['system'], why: 'archive keeps and recovers a PostgreSQL; what lies in it is not its business.' },
  postgres: { may: ['domain', 'system'], why: 'postgres owns SQL and speaks domain types at most.' },
  application: { may: ['domain', 'contract', 'system'], why: 'use cases declare the functions they need; the adapters are handed in.' },
  controllers: { may: ['addons', 'archive', 'backup-store', 'domain', 'kube', 'openstack', 'postgres', 'system'], why: 'controllers gather and apply; they never answer HTTP.' },
  api: { may: ['application', 'contract', 'domain', 'postgres', 'openstack', 'system'], why: 'the API writes rows only; it never calls Kubernetes.' },
  components: { may: ['system'], why: 'components builds programs and knows nothing of who runs them.' },
  'worker-image': { may: ['components', 'system'], why: 'the worker image is made of components.' },
  installer: {
    may: ['addons', 'archive', 'backup-store', 'components', 'worker-image', 'openstack', 'kube', 'pocket-cloud', 'postgres', 'system'],
    why: 'the installer sets up the machine; it drives the service only through its programs.',
  },
  testkit: { may: ['system', 'postgres', 'components', 'kube', 'pocket-cloud', 'openstack'], why: 'testkit starts real parts for tests; it must not pull product rules into them.' },
};

const tests = '\\.(test|medium|e2e)\\.ts$|/(test-support|testing)/';

const walls = Object.entries(allowed).map(([name, { may, why }]) => ({
  name: `wall-${name}`,
  comment: why,
  severity: 'error',
  from: { path: `^packages/${name}/`, pathNot: tests },
  to: { path: '^packages/[^/]+/', pathNot: `^packages/(${[name, ...may].join('|')})/` },
}));

module.exports = {
  forbidden: [
    ...walls,
    {
      name: 'unknown-package',
      comment: 'A new package must get a line in `allowed` above, with the reason of its place.',
      severity: 'error',
      from: { path: '^packages/', pathNot: `^packages/(${Object.keys(allowed).join('|')})/` },
      to: {},
    },
    {
      name: 'packages-by-name',
      comment: 'Import another package by its name: its src/index.ts lists what is public, and everything else is free to change.',
      severity: 'error',
      from: { path: '^(packages|apps|tools)/([^/]+)/' },
      to: { path: '^(packages|apps|tools)/', pathNot: '^$1/$2/', dependencyTypes: ['local'] },
    },
    {
      name: 'nobody-imports-apps',
      comment: 'apps are composition roots: they start processes and are not libraries.',
      severity: 'error',
      from: { path: '^(packages|apps|tools)/([^/]+)/' },
      to: { path: '^apps/', pathNot: '^$1/$2/' },
    },
    {
      name: 'pure-domain',
      comment: 'No Node built-ins in domain and contract: no clock, no randomness, no I/O; they also run in a browser.',
      severity: 'error',
      from: { path: '^packages/(domain|contract)/', pathNot: tests },
      to: { dependencyTypes: ['core'] },
    },
    {
      name: 'pure-npm',
      comment: 'domain has no npm dependency; contract has typebox only.',
      severity: 'error',
      from: { path: '^packages/(domain|contract)/', pathNot: tests },
      to: { path: 'node_modules/', pathNot: 'node_modules/typebox/' },
    },
    {
      name: 'testkit-in-tests-only',
      comment: 'testkit is for tests: nothing that ships may need it.',
      severity: 'error',
      from: { path: '^(packages|apps)/', pathNot: `^packages/testkit/|${tests}` },
      to: { path: '^packages/testkit/' },
    },
    {
      name: 'tests-are-leaves',
      comment: 'Shared test code belongs in testkit, not in another test.',
      severity: 'error',
      from: { path: '^(packages|apps|tools)/' },
      to: { path: '\\.(test|medium|e2e)\\.ts$' },
    },
    {
      name: 'no-cycles',
      comment: 'Two modules that need each other are one module, or lack a third.',
      severity: 'error',
      from: { path: '^(packages|apps|tools)/' },
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'resolvable',
      comment: 'An import that does not resolve works on nobody else’s machine.',
      severity: 'error',
      from: { path: '^(packages|apps|tools|test)/' },
      to: { couldNotResolve: true },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    detectJSDocImports: false,
    enhancedResolveOptions: { exportsFields: ['exports'], conditionNames: ['import', 'node', 'default'], extensions: ['.ts', '.js', '.mjs', '.cjs', '.json', '.d.ts'] },
    skipAnalysisNotInRules: false,
  },
};
