import { inTransaction, type Pool, type Queryable } from '../database.ts';

export interface KubernetesVersion {
  /** With leading v. */
  readonly version: string;
  readonly imageName: string | null;
  readonly imageId: string | null;
  readonly state: 'offered' | 'deprecated' | 'withdrawn';
  readonly isDefault: boolean;
}

export interface Flavor {
  readonly name: string;
  readonly flavorId: string;
  readonly vcpus: number;
  readonly ramMib: number;
  readonly diskGib: number;
}

/** The list becomes exactly this; at most one default. */
export async function replaceKubernetesVersions(pool: Pool, versions: readonly KubernetesVersion[]): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await tx.query('delete from kubernetes_versions where version <> all($1)', [versions.map((v) => v.version)]);
    await tx.query('update kubernetes_versions set is_default = false where is_default');
    for (const v of versions)
      await tx.query(
        `insert into kubernetes_versions (version, image_name, image_id, state, is_default) values ($1, $2, $3, $4, $5)
         on conflict (version) do update set image_name = excluded.image_name, image_id = excluded.image_id,
           state = excluded.state, is_default = excluded.is_default, updated_at = now()`,
        [v.version, v.imageName, v.imageId, v.state, v.isDefault],
      );
  });
}

export async function listKubernetesVersions(db: Queryable): Promise<readonly KubernetesVersion[]> {
  const result = await db.query<KubernetesVersion>(
    `select version, image_name as "imageName", image_id as "imageId", state, is_default as "isDefault" from kubernetes_versions
     order by string_to_array(substr(version, 2), '.')::int[] desc`,
  );
  return result.rows;
}

/** The list becomes exactly this. */
export async function replaceFlavors(pool: Pool, flavors: readonly Flavor[]): Promise<void> {
  await inTransaction(pool, async (tx) => {
    await tx.query('delete from flavors where name <> all($1)', [flavors.map((flavor) => flavor.name)]);
    for (const flavor of flavors)
      await tx.query(
        `insert into flavors (name, flavor_id, vcpus, ram_mib, disk_gib) values ($1, $2, $3, $4, $5)
         on conflict (name) do update set flavor_id = excluded.flavor_id, vcpus = excluded.vcpus, ram_mib = excluded.ram_mib,
           disk_gib = excluded.disk_gib, updated_at = now()`,
        [flavor.name, flavor.flavorId, flavor.vcpus, flavor.ramMib, flavor.diskGib],
      );
  });
}

export async function listFlavors(db: Queryable): Promise<readonly Flavor[]> {
  const result = await db.query<Flavor>(
    `select name, flavor_id as "flavorId", vcpus, ram_mib as "ramMib", disk_gib as "diskGib" from flavors order by vcpus, ram_mib, name`,
  );
  return result.rows;
}
