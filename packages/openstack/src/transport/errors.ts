import { type Actor, TypedError } from '@matryoshka/system';

export type OpenStackService = 'identity' | 'compute' | 'network' | 'image' | 'load-balancer' | 'block-storage';

export interface OpenStackErrorOptions {
  readonly service: OpenStackService;
  /** HTTP status; 0 when no answer came at all. */
  readonly status: number;
  readonly requestId?: string | undefined;
  readonly method: string;
  readonly url: string;
  readonly actor?: Actor;
  readonly next?: string;
  readonly cause?: unknown;
}

/** A call to an OpenStack service failed. `status` 0 means that no answer came. `code` is `openstack_<status>` or `openstack_unreachable`. */
export class OpenStackError extends TypedError {
  readonly service: OpenStackService;
  readonly status: number;
  readonly requestId: string | undefined;
  readonly method: string;
  readonly url: string;

  constructor(message: string, options: OpenStackErrorOptions) {
    super(message, {
      code: options.status === 0 ? 'openstack_unreachable' : `openstack_${options.status}`,
      actor: options.actor ?? 'provider',
      ...(options.next === undefined ? {} : { next: options.next }),
      cause: options.cause,
      details: {
        service: options.service,
        status: options.status,
        requestId: options.requestId,
        request: `${options.method} ${options.url}`,
      },
    });
    this.name = 'OpenStackError';
    this.service = options.service;
    this.status = options.status;
    this.requestId = options.requestId;
    this.method = options.method;
    this.url = options.url;
  }
}

/** True for an OpenStack error with one of the given HTTP statuses (any status when none is given). */
export function isOpenStackError(error: unknown, ...statuses: readonly number[]): error is OpenStackError {
  return error instanceof OpenStackError && (statuses.length === 0 || statuses.includes(error.status));
}

/** The value, or undefined where the service answers that there is no such thing (404). */
export async function orUndefined<T>(value: Promise<T>): Promise<T | undefined> {
  try {
    return await value;
  } catch (error) {
    if (isOpenStackError(error, 404)) return undefined;
    throw error;
  }
}

/**
 * The human part of an error body. Every service has its own envelope: Keystone `{error:{message}}`, Nova `{<name>:{message}}`,
 * Neutron `{NeutronError:{message}}`, Octavia (wsme) `{faultstring}`, Glance HTML or `{message}`.
 */
export function faultMessage(body: string): string {
  const text = body.trim();
  if (text === '') return '';
  try {
    const found = findMessage(JSON.parse(text) as unknown);
    if (found !== undefined) return found;
  } catch {
    // Not JSON: an HTML page of the web server or of Glance.
  }
  return text
    .replace(/<(title|head)>.*?<\/\1>/gs, ' ')
    .replace(/<[^>]*>/g, ' ')
    .replace(/\s+/g, ' ')
    .trim()
    .slice(0, 500);
}

function findMessage(body: unknown): string | undefined {
  if (typeof body !== 'object' || body === null) return typeof body === 'string' ? body : undefined;
  const record = body as Readonly<Record<string, unknown>>;
  for (const key of ['message', 'faultstring', 'detail']) {
    const value = record[key];
    if (typeof value === 'string' && value !== '') return value;
  }
  for (const value of Object.values(record)) {
    if (typeof value === 'object' && value !== null) {
      const inner = findMessage(value);
      if (inner !== undefined) return inner;
    }
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}
