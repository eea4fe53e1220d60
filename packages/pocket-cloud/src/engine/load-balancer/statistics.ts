import { createConnection } from 'node:net';

export interface ServerStatistics {
  readonly listenerId: string;
  readonly poolId: string;
  readonly memberId: string;
  /** haproxy's word: `UP`, `DOWN`, `no check`, `MAINT`, `UP 1/3` … */
  readonly status: string;
}

export interface ListenerStatistics {
  readonly listenerId: string;
  readonly bytesIn: number;
  readonly bytesOut: number;
  readonly activeConnections: number;
  readonly totalConnections: number;
  readonly requestErrors: number;
}

export interface Statistics {
  readonly servers: readonly ServerStatistics[];
  readonly listeners: readonly ListenerStatistics[];
}

/** Asks haproxy by its socket (`show stat`, CSV; columns by name, see haproxy's management guide 9.1). Rejects when nobody answers within two seconds. */
export async function readStatistics(socketPath: string): Promise<Statistics> {
  return parseStatistics(await ask(socketPath, 'show stat\n'));
}

/** Process id of the worker that serves new connections; undefined when nobody answers. */
export async function servingWorker(socketPath: string): Promise<string | undefined> {
  const info = await ask(socketPath, 'show info\n').catch(() => '');
  return /^Pid: (\d+)$/m.exec(info)?.[1];
}

/** Sums of what the nodes of one load balancer counted; each of them checks every member. */
export function mergeStatistics(nodes: readonly Statistics[]): Statistics {
  const listeners = new Map<string, ListenerStatistics>();
  for (const one of nodes.flatMap((node) => node.listeners)) {
    const sum = listeners.get(one.listenerId);
    listeners.set(
      one.listenerId,
      sum === undefined
        ? one
        : {
            listenerId: one.listenerId,
            bytesIn: sum.bytesIn + one.bytesIn,
            bytesOut: sum.bytesOut + one.bytesOut,
            activeConnections: sum.activeConnections + one.activeConnections,
            totalConnections: sum.totalConnections + one.totalConnections,
            requestErrors: sum.requestErrors + one.requestErrors,
          },
    );
  }
  return { servers: nodes.flatMap((node) => node.servers), listeners: [...listeners.values()] };
}

export function parseStatistics(csv: string): Statistics {
  const [header = '', ...rows] = csv.split('\n').filter((line) => line !== '');
  const columns = header.replace(/^# /, '').split(',');
  const servers: ServerStatistics[] = [];
  const listeners: ListenerStatistics[] = [];
  for (const row of rows) {
    const values = row.split(',');
    const field = (name: string): string => values[columns.indexOf(name)] ?? '';
    const proxy = field('pxname');
    if (field('svname') === 'FRONTEND')
      listeners.push({
        listenerId: proxy,
        bytesIn: Number(field('bin')),
        bytesOut: Number(field('bout')),
        activeConnections: Number(field('scur')),
        totalConnections: Number(field('stot')),
        requestErrors: Number(field('ereq')),
      });
    else if (field('svname') !== 'BACKEND') {
      const [poolId = '', listenerId = ''] = proxy.split(':');
      servers.push({ poolId, listenerId, memberId: field('svname'), status: field('status') });
    }
  }
  return { servers, listeners };
}

async function ask(socketPath: string, command: string): Promise<string> {
  return await new Promise<string>((resolve, reject) => {
    const socket = createConnection(socketPath);
    const chunks: string[] = [];
    socket.setEncoding('utf8');
    socket.setTimeout(2000, () => socket.destroy(new Error(`${socketPath}: no answer within 2 s`)));
    socket.on('connect', () => socket.write(command));
    socket.on('data', (text: string) => chunks.push(text));
    socket.on('end', () => resolve(chunks.join('')));
    socket.on('error', reject);
  });
}
