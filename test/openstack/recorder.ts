import { setTimeout as sleep } from 'node:timers/promises';
import { plain, type Shape, shapeOf } from './shape.ts';

export type Service = 'identity' | 'image' | 'network' | 'compute' | 'volumev3' | 'load-balancer' | 'placement';

/** One request of the scenario, as a cloud answered it. */
export interface Step {
  readonly name: string;
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly shape: Shape;
  /** States the object was seen in afterwards, in order, if the step waited. */
  readonly states?: readonly string[];
}

export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  // biome-ignore lint/suspicious/noExplicitAny: answers of many shapes, of a cloud that may answer anything
  readonly body: any;
  /** Id of the object in the answer, or `absent`: the scenario goes on after any answer. */
  readonly id: string;
}

export interface Options {
  readonly json?: unknown;
  readonly data?: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
  /** Not part of the recording: preparation, whose result depends on what was there. */
  readonly unrecorded?: boolean;
}

/** A set of states, or what can tell of each whether it belongs to them. */
export interface States {
  includes(state: string): boolean;
}

/** Asks in somebody's name. `{project}` in the path is the caller's project. */
export interface Caller {
  readonly token: string;
  readonly projectId: string;
  readonly userId: string;
  ask(service: Service, name: string, method: string, path: string, options?: Options): Promise<Answer>;
  /** Polls an object until it leaves all `passing` states, or is gone; the states belong to a step of this name. */
  settle(
    service: Service,
    name: string,
    path: string,
    // biome-ignore lint/suspicious/noExplicitAny: see Answer
    state: (body: any) => string,
    passing: States,
    options?: Options,
  ): Promise<string>;
}

/** Headers that clients act on. */
const comparedHeaders: readonly string[] = [
  'content-type',
  'location',
  'openstack-api-version',
  'retry-after',
  'vary',
  'www-authenticate',
  'x-compute-request-id',
  'x-openstack-nova-api-version',
  'x-openstack-request-id',
];
const pollMs = 100;
const settleTimeoutMs = 180_000;

export interface Recorder {
  readonly steps: readonly Step[];
  /** A caller by password. */
  login(user: Login): Promise<Caller>;
  anonymous(): Caller;
}

export interface Login {
  readonly name: string;
  readonly password: string;
  readonly project: string;
}

/** Talks to the cloud whose Keystone is at `authUrl` (with `/v3`) and keeps what it answers. */
export function createRecorder(authUrl: string): Recorder {
  const steps: Step[] = [];
  const bases = new Map<string, string>([['identity', withoutVersion(authUrl)]]);
  const names = new Set<string>();

  const send = async (caller: CallerIdentity, service: Service, method: string, path: string, options: Options) => {
    const base = bases.get(service);
    if (base === undefined) throw new Error(`the catalogue has no ${service}`);
    const headers: Record<string, string> = { ...options.headers };
    if (caller.token !== '') headers['x-auth-token'] = caller.token;
    if (options.json !== undefined) headers['content-type'] ??= 'application/json';
    if (options.data !== undefined) headers['content-type'] ??= 'application/octet-stream';
    const response = await fetch(base + path.replaceAll('{project}', caller.projectId), {
      method,
      headers,
      body:
        options.data === undefined
          ? options.json === undefined
            ? null
            : text(options.json)
          : new Uint8Array(options.data),
      redirect: 'manual',
    });
    const raw = await response.text();
    const isJson = (response.headers.get('content-type') ?? '').includes('json') && raw !== '';
    const body = isJson ? JSON.parse(raw) : raw;
    return { status: response.status, headers: response.headers, body, id: idOf(body) };
  };
  const record = (name: string, { status, headers, body }: Answer, states?: readonly string[]): void => {
    if (names.has(name)) throw new Error(`two steps are named ${name}`);
    names.add(name);
    const kept = comparedHeaders.flatMap((header) => {
      const value = headers.get(header);
      return value === null ? [] : [[header, plain(value)] as const];
    });
    const shape = typeof body === 'string' && body.length > 2000 ? { body: 'long text' } : shapeOf(body);
    steps.push({ name, status, headers: Object.fromEntries(kept), shape, ...(states === undefined ? {} : { states }) });
  };
  const callerOf = (identity: CallerIdentity): Caller => ({
    ...identity,
    ask: async (service, name, method, path, options = {}) => {
      const answer = await send(identity, service, method, path, options);
      if (options.unrecorded !== true) record(`${service}: ${name}`, answer);
      return answer;
    },
    settle: async (service, name, path, state, passing, options = {}) => {
      const states: string[] = [];
      const deadline = Date.now() + settleTimeoutMs;
      for (;;) {
        const answer = await send(identity, service, 'GET', path, options);
        const now = answer.status === 404 ? 'gone' : stateIn(answer, state);
        if (states.at(-1) !== now) states.push(now);
        if (!passing.includes(now) || Date.now() > deadline) {
          if (options.unrecorded !== true) record(`${service}: ${name}`, answer, states);
          return now;
        }
        await sleep(pollMs);
      }
    },
  });
  const login: Recorder['login'] = async ({ name, password, project }) => {
    const domain = { id: 'default' };
    const auth = {
      identity: { methods: ['password'], password: { user: { name, domain, password } } },
      scope: { project: { name: project, domain } },
    };
    const nobody = { token: '', projectId: '', userId: '' };
    const answer = await send(nobody, 'identity', 'POST', '/v3/auth/tokens', { json: { auth } });
    if (answer.status !== 201) throw new Error(`login as ${name}: ${answer.status} ${JSON.stringify(answer.body)}`);
    for (const { type, endpoints } of answer.body.token.catalog) {
      const endpoint = endpoints.find((one: { interface: string }) => one.interface === 'public');
      if (endpoint !== undefined && type !== 'identity') bases.set(type, withoutVersion(endpoint.url));
    }
    return callerOf({
      token: answer.headers.get('x-subject-token') ?? '',
      projectId: answer.body.token.project.id,
      userId: answer.body.token.user.id,
    });
  };
  return { steps, login, anonymous: () => callerOf({ token: '', projectId: 'none', userId: '' }) };
}

type CallerIdentity = Pick<Caller, 'token' | 'projectId' | 'userId'>;

/** Endpoints end with an API version or not, as their cloud likes it. */
function withoutVersion(url: string): string {
  return url.replace(/\/v\d.*$/, '').replace(/\/$/, '');
}

function text(json: unknown): string {
  return typeof json === 'string' ? json : JSON.stringify(json);
}

function stateIn(answer: Answer, state: (body: unknown) => string): string {
  try {
    return state(answer.body);
  } catch {
    return `unreadable (${answer.status})`;
  }
}

/** `{kind: {id}}`, `{id}` (Glance) or `{kind: [{id}, …]}`. */
function idOf(body: unknown): string {
  if (typeof body !== 'object' || body === null) return 'absent';
  for (const value of [body, ...Object.values(body)]) {
    const object = Array.isArray(value) ? value[0] : value;
    if (typeof object === 'object' && object !== null && typeof object.id === 'string') return object.id;
  }
  return 'absent';
}
