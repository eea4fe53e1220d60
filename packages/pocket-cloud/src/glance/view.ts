import type { ImageRow } from './rows.ts';

/** An image as API v2 shows it: properties stand beside the fixed fields. */
export function showImage(row: ImageRow): Readonly<Record<string, unknown>> {
  return {
    ...(JSON.parse(row.properties) as Record<string, string>),
    id: row.id,
    name: row.name,
    status: row.status,
    visibility: row.visibility,
    protected: row.protected === 1,
    owner: row.project_id,
    disk_format: row.disk_format,
    container_format: row.container_format,
    min_disk: row.min_disk,
    min_ram: row.min_ram,
    size: row.size,
    virtual_size: row.virtual_size,
    checksum: row.checksum,
    os_hash_algo: row.hash_value === null ? null : 'sha512',
    os_hash_value: row.hash_value,
    os_hidden: false,
    tags: JSON.parse(row.tags),
    created_at: row.created_at,
    updated_at: row.updated_at,
    self: `/v2/images/${row.id}`,
    file: `/v2/images/${row.id}/file`,
    schema: '/v2/schemas/image',
  };
}
