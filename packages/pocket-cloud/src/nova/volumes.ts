import type { Caller } from '../http/index.ts';

/** A volume as it hangs on a server. */
export interface ServerVolume {
  readonly attachmentId: string;
  readonly volumeId: string;
  /** `vdb`; `vda` is the disk the server boots from. */
  readonly device: string;
  readonly state: 'attaching' | 'attached' | 'detaching';
  readonly deleteOnTermination: boolean;
  readonly tag: string | null;
}

export interface AttachRequest {
  readonly volumeId: string;
  readonly serverId: string;
  readonly device?: string;
  readonly deleteOnTermination?: boolean;
  readonly tag?: string;
}

/** A volume to be made for a server. Exactly one source, or none for an empty one. */
export interface NewVolume {
  readonly sizeGib?: number;
  readonly imageId?: string;
  readonly snapshotId?: string;
  readonly type?: string;
  readonly name?: string;
}

/** What Nova needs of Cinder, in-process. */
export interface ServerVolumes {
  ofServer(serverId: string): readonly ServerVolume[];
  /** Makes a volume in the caller's project and answers its id; it becomes available later. Throws ApiError in Cinder's words. */
  create(caller: Caller, wanted: NewVolume): string;
  /** Claims the volume for the server; it is attached when the server's controller says so. Throws ApiError 400 or 404 in Nova's words. */
  claim(caller: Caller, request: AttachRequest): ServerVolume;
  /** Throws ApiError 400 or 404 in Nova's words. */
  requestDetach(caller: Caller, serverId: string, volumeId: string): void;
  /** What became of a volume that a server waits for. */
  readiness(volumeId: string): 'ready' | 'pending' | 'failed';
  /** The host's block device of a volume. */
  device(volumeId: string): Promise<{ readonly path: string; readonly major: number; readonly minor: number }>;
  markAttached(attachmentId: string): void;
  /** The server has let go: the attachment ends, the device is given back, a volume that goes with its server is deleted. */
  detached(attachmentId: string): Promise<void>;
}
