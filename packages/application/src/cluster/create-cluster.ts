import type { ClusterCreate } from '@matryoshka/contract';
import {
  defaultAccessSettings,
  defaultBackup,
  defaultDeletionSettings,
  defaultHibernation,
  defaultMaintenance,
  defaultNetwork,
  type Limits,
  type Operation,
  type Violation,
  validateDeletionSettings,
  validateMaintenance,
  validateNewCluster,
} from '@matryoshka/domain';
import type { Caller } from '../access/authorize.ts';
import { backupSettingsOf, validateBackupSettings } from '../backup/settings.ts';
import { accessSettingsOf, checkAccess } from '../cluster-access/settings.ts';
import { settingsOf } from '../deletion/settings.ts';
import { KaasError, mergeViolations, refuseViolations } from '../errors.ts';
import { hibernationOf, validateHibernation } from '../hibernation/settings.ts';
import { maintenanceOf } from '../maintenance/settings.ts';
import { choosePlace } from '../management-cluster/place.ts';
import { poolOf } from '../pool/pools.ts';
import type { WriteTransaction } from '../store.ts';
import { clusterDemand, quotaViolations, readCatalogue } from './limits.ts';
import { recordChange } from './record-change.ts';

/** Creates a cluster, or refuses with every violation and creates nothing. `shape` are violations the check of the body's shape found. */
export async function createCluster(
  tx: WriteTransaction,
  caller: Caller,
  input: {
    readonly body: ClusterCreate;
    readonly shape: readonly Violation[];
    readonly limits: Limits;
    /** The service's own, which a customer cannot name as theirs. */
    readonly issuerUrl: string;
    readonly now: Date;
  },
): Promise<Operation> {
  await tx.lockProject(caller.projectId);
  const { catalogue, versions } = await readCatalogue(tx);
  const ending: unknown = input.body?.deletion;
  const rules = [
    ...validateNewCluster(input.body, catalogue, input.limits),
    ...validateDeletionSettings(ending, defaultDeletionSettings, input.now),
    ...validateMaintenance(input.body?.maintenance),
    ...validateHibernation(input.body?.hibernation, input.now),
    ...validateBackupSettings(input.body?.backup, input.now),
    ...checkAccess(input.body?.access, input.issuerUrl, defaultAccessSettings),
  ];
  refuseViolations(mergeViolations(input.shape, rules));
  const kubernetesVersion = input.body.kubernetesVersion ?? defaultVersion(versions);
  const pools = (input.body.pools ?? []).map((pool) => poolOf(pool, kubernetesVersion));
  const existing = await tx.listAllClusters();
  const tooMany = existing.length >= input.limits.maxClustersPerProject;
  const limits: readonly Violation[] = tooMany
    ? [
        {
          pointer: '',
          code: 'too_many_clusters',
          message: `a project has at most ${input.limits.maxClustersPerProject} clusters`,
        },
      ]
    : [];
  const demand = { id: 'new', deleting: false, pools };
  const change = { before: existing, after: [...existing.map(clusterDemand), demand] };
  refuseViolations([...limits, ...(await quotaViolations(tx, caller.projectId, '/pools', change))]);
  if (existing.some((cluster) => cluster.name === input.body.name)) throw nameTaken(input.body.name);
  const cluster = {
    id: tx.newClusterId(),
    projectId: caller.projectId,
    name: input.body.name,
    labels: input.body.labels ?? {},
    kubernetesVersion,
    tier: input.body.tier ?? ('standard' as const),
    network: { ...defaultNetwork, ...input.body.network },
    pools,
    deletion: settingsOf(input.body.deletion, defaultDeletionSettings),
    access: accessSettingsOf(input.body.access, defaultAccessSettings),
    maintenance: maintenanceOf(input.body.maintenance, defaultMaintenance),
    backup: backupSettingsOf(input.body.backup, defaultBackup),
    hibernation: hibernationOf(input.body.hibernation, defaultHibernation),
  };
  await tx.insertCluster({ ...cluster, place: await choosePlace(tx, cluster.tier) });
  return await recordChange(tx, caller, {
    kind: 'cluster.create',
    clusterId: cluster.id,
    generation: 1,
    message: 'accepted',
    event: 'cluster.created',
    after: cluster,
  });
}

function nameTaken(name: string): KaasError {
  return new KaasError('name_taken', `A cluster named ${name} exists in this project.`, {
    next: 'Choose another name, or delete that cluster first.',
    violations: [{ pointer: '/name', code: 'name_taken', message: 'is in use' }],
  });
}

function defaultVersion(versions: readonly { readonly version: string; readonly isDefault: boolean }[]): string {
  const version = versions.find((entry) => entry.isDefault) ?? versions[0];
  if (version === undefined) throw new KaasError('catalog_not_ready', 'No Kubernetes version is offered yet.');
  return version.version;
}
