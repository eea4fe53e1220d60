import { readdir } from 'node:fs/promises';
import { hasErrnoCode, type RunResult, readFileIfExists, run } from '@matryoshka/system';

const COMMAND_TIMEOUT_MS = 30_000;

/** Command line that runs `argv` in a network namespace. Not `ip netns exec`: that one remounts /sys, which disturbs container managers. */
export function inNamespace(namespace: string, argv: readonly string[]): [string, ...string[]] {
  return ['nsenter', `--net=/run/netns/${namespace}`, '--', ...argv];
}

export async function runIn(
  namespace: string,
  argv: readonly string[],
  options: { readonly input?: string; readonly okCodes?: readonly number[] | 'any' } = {},
): Promise<RunResult> {
  return await run(inNamespace(namespace, argv), { timeoutMs: COMMAND_TIMEOUT_MS, ...options });
}

export async function ip(...args: readonly string[]): Promise<RunResult> {
  return await run(['ip', ...args], { timeoutMs: COMMAND_TIMEOUT_MS });
}

/** Runs many `ip` commands in one process; stops at the first failure. No namespace = the host's. */
export async function ipBatch(namespace: string | undefined, lines: readonly string[]): Promise<void> {
  if (lines.length === 0) return;
  await run(['ip', ...(namespace === undefined ? [] : ['-n', namespace]), '-batch', '-'], {
    input: `${lines.join('\n')}\n`,
    timeoutMs: COMMAND_TIMEOUT_MS,
  });
}

async function ipJson<T>(namespace: string | undefined, args: readonly string[]): Promise<readonly T[]> {
  const { stdout } = await ip(...(namespace === undefined ? [] : ['-n', namespace]), '-j', ...args);
  return stdout.trim() === '' ? [] : (JSON.parse(stdout) as T[]);
}

export interface LinkInfo {
  readonly ifname: string;
  readonly address?: string;
  readonly mtu: number;
  readonly master?: string;
  readonly flags: readonly string[];
}

export async function listLinks(namespace?: string): Promise<readonly LinkInfo[]> {
  return await ipJson<LinkInfo>(namespace, ['link', 'show']);
}

interface AddressInfo {
  readonly ifname: string;
  readonly addr_info: readonly { readonly family: string; readonly local: string; readonly prefixlen: number }[];
}

/** IPv4 addresses with prefix length of one interface. */
export async function listAddresses(namespace: string | undefined, device: string): Promise<readonly string[]> {
  const found = await ipJson<AddressInfo>(namespace, ['-4', 'addr', 'show', 'dev', device]);
  return found.flatMap((link) => (link.addr_info ?? []).map((info) => `${info.local}/${info.prefixlen}`));
}

interface RouteInfo {
  readonly dst: string;
  readonly gateway?: string;
}

/** Routes this code made (`proto static`), as `destination via nexthop`. */
export async function listStaticRoutes(namespace: string): Promise<readonly string[]> {
  const found = await ipJson<RouteInfo>(namespace, ['-4', 'route', 'show', 'proto', 'static']);
  return found.map((route) => routeKey(route.dst, route.gateway ?? ''));
}

/** One spelling for a route, as the kernel prints it. */
export function routeKey(destination: string, nexthop: string): string {
  const plain = destination === '0.0.0.0/0' ? 'default' : destination.replace(/\/32$/, '');
  return `${plain} via ${nexthop}`;
}

/** Names of the network namespaces that start with `prefix`. */
export async function listNamespaces(prefix: string): Promise<readonly string[]> {
  try {
    return (await readdir('/run/netns')).filter((name) => name.startsWith(prefix));
  } catch (error) {
    if (hasErrnoCode(error, 'ENOENT')) return [];
    throw error;
  }
}

/** Makes a namespace that works, replacing the dead file that a crash inside `ip netns add` leaves behind. */
export async function ensureNamespace(namespace: string, sysctls: Readonly<Record<string, string>>): Promise<void> {
  const exists = (await listNamespaces(namespace)).includes(namespace);
  if (exists && (await run(['ip', '-n', namespace, 'link', 'show', 'lo'], { okCodes: 'any' })).code !== 0)
    await ip('netns', 'del', namespace);
  if (!(await listNamespaces(namespace)).includes(namespace)) await ip('netns', 'add', namespace);
  await ipBatch(namespace, ['link set lo up']);
  const settings = Object.entries(sysctls).map(([name, value]) => `${name}=${value}`);
  await runIn(namespace, ['sysctl', '-q', '-w', ...settings]);
}

/** Processes whose network namespace is this one. Such a process keeps the namespace, its interfaces and rules alive. */
export async function processesIn(namespace: string): Promise<readonly number[]> {
  const { stdout, code } = await run(['ip', 'netns', 'pids', namespace], { okCodes: 'any' });
  return code === 0 ? stdout.split(/\s+/).filter(Boolean).map(Number) : [];
}

/**
 * Ends every process of that program in the namespace. For daemons whose pid file is missing: a crash between start and writing it leaves one that
 * nobody knows and that holds the place of the next one.
 */
export async function endStrays(namespace: string, program: string): Promise<void> {
  for (const pid of await processesIn(namespace)) {
    const name = await readFileIfExists(`/proc/${pid}/comm`).catch(() => undefined);
    if (name?.trim() === program) killQuietly(pid);
  }
}

/** SIGKILL; a process that is gone already is no error. */
export function killQuietly(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (!hasErrnoCode(error, 'ESRCH')) throw error;
  }
}

/** Removes a namespace with all that runs in it: a process would keep it, its interfaces and addresses alive. */
export async function removeNamespace(namespace: string): Promise<void> {
  if (!(await listNamespaces(namespace)).includes(namespace)) return;
  for (const pid of await processesIn(namespace)) killQuietly(pid);
  await ip('netns', 'del', namespace);
}

/** Removes an interface; one that goes by itself at this moment (its namespace was just removed) is no error. */
export async function removeLink(namespace: string | undefined, device: string): Promise<void> {
  const exists = async (): Promise<boolean> => (await listLinks(namespace)).some((link) => link.ifname === device);
  if (!(await exists())) return;
  const where = namespace === undefined ? [] : ['-n', namespace];
  const removed = await run(['ip', ...where, 'link', 'del', device], { okCodes: 'any', timeoutMs: COMMAND_TIMEOUT_MS });
  if (removed.code !== 0 && (await exists()))
    throw new Error(`interface ${device} cannot be removed: ${removed.stderr.trim()}`);
}
