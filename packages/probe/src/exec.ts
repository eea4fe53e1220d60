import type { Transport } from '@matryoshka/kube';
import { type RawData, WebSocket } from 'ws';

export interface ExecTarget {
  readonly namespace: string;
  readonly pod: string;
  readonly command: readonly string[];
}

export interface ExecSession {
  write(text: string): void;
  /** Resolves when the command has ended well; rejects when it failed or the connection broke. */
  readonly ended: Promise<void>;
  close(): void;
}

// Channels of the protocol. Source: k8s.io/apimachinery/pkg/util/remotecommand/constants.go (v5.channel.k8s.io).
const [stdin, stdout, status] = [0, 1, 3] as const;

function addressOf({ connection }: Transport, { namespace, pod, command }: ExecTarget): string {
  const url = new URL(connection.server);
  url.protocol = url.protocol === 'http:' ? 'ws:' : 'wss:';
  url.pathname = `${url.pathname.replace(/\/+$/, '')}/api/v1/namespaces/${namespace}/pods/${pod}/exec`;
  for (const word of command) url.searchParams.append('command', word);
  url.searchParams.set('stdin', 'true');
  url.searchParams.set('stdout', 'true');
  return url.href;
}

/** Runs a command in a pod, as `kubectl exec -i` does. Resolves when the API server has taken it; output comes in whole lines. */
export async function startExec(
  transport: Transport,
  target: ExecTarget,
  { onLine, timeoutMs }: { readonly onLine: (line: string) => void; readonly timeoutMs: number },
): Promise<ExecSession> {
  const { ca, cert, key, tlsServerName, insecureSkipTlsVerify } = transport.connection;
  const socket = new WebSocket(addressOf(transport, target), ['v5.channel.k8s.io'], {
    headers: await transport.headers(),
    handshakeTimeout: timeoutMs,
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    ...(tlsServerName === undefined ? {} : { servername: tlsServerName }),
    ...(insecureSkipTlsVerify === true ? { rejectUnauthorized: false } : {}),
  });
  let rest = '';
  const ended = new Promise<void>((resolve, reject) => {
    socket.on('message', (data: RawData) => {
      const frame = data as Buffer;
      if (frame[0] === stdout) {
        const lines = (rest + frame.subarray(1).toString()).split('\n');
        rest = lines.pop() ?? '';
        for (const line of lines) onLine(line);
      } else if (frame[0] === status) {
        const answer = JSON.parse(frame.subarray(1).toString()) as { status?: string; message?: string };
        if (answer.status === 'Success') resolve();
        else reject(new Error(answer.message ?? 'the command failed'));
      }
    });
    socket.on('error', reject);
    socket.on('close', (code) => reject(new Error(`the connection was closed (${code}) before the command had ended`)));
  });
  // Whoever waits for it later must not find an unhandled rejection instead.
  ended.catch(() => undefined);
  await new Promise<void>((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  return {
    ended,
    write: (text) => socket.send(Buffer.concat([Buffer.from([stdin]), Buffer.from(text)])),
    close: () => socket.terminate(),
  };
}

/** Runs a command to its end. Rejects when it fails or takes longer. */
export async function runExec(transport: Transport, target: ExecTarget, timeoutMs: number): Promise<void> {
  const session = await startExec(transport, target, { onLine: () => undefined, timeoutMs });
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`no end within ${timeoutMs} ms`)), timeoutMs);
  });
  try {
    await Promise.race([session.ended, late]);
  } finally {
    clearTimeout(timer);
    session.close();
  }
}
