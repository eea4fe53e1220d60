import { orUndefined } from '../transport/errors.ts';
import { type Resource, resource } from '../transport/resource.ts';
import type { Session } from '../transport/session.ts';

export interface Volume {
  readonly id: string;
  readonly name: string | null;
  readonly status: 'available' | 'in-use' | 'deleting' | 'error' | 'error_deleting' | (string & {});
  /** GiB. */
  readonly size: number;
  readonly volume_type: string | null;
  readonly metadata: Readonly<Record<string, string>>;
  readonly attachments: readonly { readonly server_id: string; readonly device: string }[];
  readonly 'os-vol-tenant-attr:tenant_id'?: string;
  readonly created_at: string;
}

export interface CreateVolume {
  readonly name: string;
  readonly size: number;
  readonly volume_type?: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface VolumeSnapshot {
  readonly id: string;
  readonly name: string | null;
  readonly volume_id: string;
  readonly status: string;
  /** GiB, of the volume. */
  readonly size: number;
  readonly metadata: Readonly<Record<string, string>>;
  readonly 'os-extended-snapshot-attributes:project_id'?: string;
  readonly created_at: string;
}

export interface CreateVolumeSnapshot {
  readonly volume_id: string;
  readonly name: string;
  readonly metadata?: Readonly<Record<string, string>>;
}

export interface VolumeType {
  readonly id: string;
  readonly name: string;
  readonly is_public: boolean;
}

type Named = { readonly name?: string; readonly description?: string };

/** Block Storage API v3. */
export interface Cinder {
  readonly volumes: Resource<Volume, CreateVolume, Named>;
  readonly snapshots: Resource<VolumeSnapshot, CreateVolumeSnapshot, Named>;
  /** Metadata of the things of a kind. */
  metadataOf(kind: 'volume' | 'volume-snapshot'): {
    /** Writes these items and leaves the others. */
    merge(id: string, items: Readonly<Record<string, string>>, signal?: AbortSignal): Promise<void>;
  };
  /** Types that the caller may choose; undefined when the cloud has no block storage. */
  volumeTypes(signal?: AbortSignal): Promise<readonly VolumeType[] | undefined>;
  /** Limits and use of a project; undefined when the cloud has no block storage. -1 = unlimited. */
  quota(projectId: string, signal?: AbortSignal): Promise<VolumeQuota | undefined>;
}

/** Of Cinder's quota set what concerns volumes; snapshots count in `gigabytes`, too. */
export interface VolumeQuota {
  readonly volumes: VolumeQuotaUse;
  readonly gigabytes: VolumeQuotaUse;
}

export interface VolumeQuotaUse {
  readonly limit: number;
  readonly in_use: number;
  readonly reserved: number;
}

export function cinder(session: Session): Cinder {
  const service = 'block-storage' as const;
  const types = resource<VolumeType>(session, {
    service,
    path: '/types',
    singular: 'volume_type',
    plural: 'volume_types',
  });
  return {
    volumes: resource(session, {
      service,
      path: '/volumes',
      listPath: '/volumes/detail',
      singular: 'volume',
      plural: 'volumes',
    }),
    snapshots: resource(session, {
      service,
      path: '/snapshots',
      listPath: '/snapshots/detail',
      singular: 'snapshot',
      plural: 'snapshots',
    }),
    metadataOf: (kind) => ({
      merge: async (id, metadata, signal) => {
        const path = `/${kind === 'volume' ? 'volumes' : 'snapshots'}/${encodeURIComponent(id)}/metadata`;
        await session.call(service, 'POST', path, { json: { metadata }, signal });
      },
    }),
    volumeTypes: async (signal) => {
      // A catalogue without the service answers as an absent thing does.
      const exists = await orUndefined(session.endpoint(service, signal));
      return exists === undefined ? undefined : await types.list({}, signal);
    },
    quota: async (projectId, signal) => {
      const path = `/os-quota-sets/${encodeURIComponent(projectId)}`;
      const response = await orUndefined(session.call(service, 'GET', path, { query: { usage: true }, signal }));
      return response === undefined ? undefined : (JSON.parse(response.text) as { quota_set: VolumeQuota }).quota_set;
    },
  };
}
