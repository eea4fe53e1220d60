import type { Caller } from './authorize.ts';

/** Who acts, for the audit log, when no person does; `name` says why it is time. */
export function clockwork(
  { projectId, requestId }: { readonly projectId: string; readonly requestId: string },
  name: string,
): Caller {
  return {
    userId: 'system',
    userName: name,
    projectId,
    projectName: '',
    role: 'admin',
    isProvider: false,
    memberId: null,
    tokenId: null,
    clusterIds: null,
    projects: [],
    expiresAt: new Date(8.64e15),
    requestId,
    remoteAddress: '',
  };
}
