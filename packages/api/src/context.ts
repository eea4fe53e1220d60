import type { ProveIdentity } from '@matryoshka/application';
import type { Limits } from '@matryoshka/domain';
import type { Pool, SecretBox } from '@matryoshka/postgres';
import type { Logger } from '@matryoshka/system';
import type { LoginLimit } from './auth/login-limit.ts';
import type { Oidc } from './auth/oidc/issuers.ts';
import type { ProviderProject } from './auth/sessions.ts';
import type { EventBells } from './event/bells.ts';
import type { EventStreamTimes } from './event/stream.ts';
import type { RequestLimit } from './http/request-limit.ts';

/** What handlers are made from; one per process. */
export interface ApiContext {
  readonly pool: Pool;
  readonly secretBox: SecretBox;
  readonly prove: ProveIdentity;
  readonly oidc: Oidc;
  readonly providerProject: ProviderProject;
  /** Who the credentials for clusters say they are from. */
  readonly issuerUrl: string;
  readonly limits: Limits;
  /** Only where the provider allows addresses of its own. */
  readonly allowHttpWebhooks: boolean;
  readonly log: Logger;
  readonly now: () => Date;
  readonly loginLimit: LoginLimit;
  readonly requestLimit: RequestLimit;
  readonly bells: EventBells;
  readonly eventTimes: EventStreamTimes;
  /** How long a question waits for the controller of the cluster. */
  readonly answerPatienceMs: number;
  /** Aborts when the process is asked to end. */
  readonly stopping: AbortSignal;
}
