import type { Readable } from 'node:stream';
import { TypedError } from '@matryoshka/system';
import { type Status, StatusError } from './errors.ts';
import type { ListQuery } from './list.ts';
import type { KubeObject } from './object.ts';
import type { Transport } from './transport.ts';

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK';
  readonly object: T;
}

export interface WatchOptions {
  readonly resourceVersion: string;
  /** How long the server keeps the watch open; we give it a little grace and then cut the connection. Default 300 s. */
  readonly timeoutMs?: number;
  /** A connection on which nothing comes for so long is given up. Default 90 s: API servers send a bookmark every minute (k8s.io/apiserver/pkg/storage/cacher, bookmarkFrequency). */
  readonly silenceMs?: number;
  readonly signal?: AbortSignal;
}

const graceMs = 15_000;
const defaultSilenceMs = 90_000;

interface WireEvent<T> {
  readonly type?: string;
  readonly object?: T;
}

/**
 * One watch request as an iteration of events; ends normally when the server closes it at its timeout.
 * Throws StatusError for an ERROR event (reason Expired: list again), TypedError `kubernetes_watch_garbage` for a line that is not an event,
 * and `kubernetes_unreachable` when the connection breaks.
 */
export async function* watchOnce<T extends KubeObject>(
  transport: Transport,
  path: () => Promise<string>,
  query: ListQuery,
  options: WatchOptions,
): AsyncIterable<WatchEvent<T>> {
  const timeoutMs = options.timeoutMs ?? 300_000;
  const deadline = AbortSignal.timeout(timeoutMs + graceMs);
  const signal = options.signal === undefined ? deadline : AbortSignal.any([options.signal, deadline]);
  const target = await path();
  const body = await transport.stream({
    method: 'GET',
    path: target,
    query: {
      watch: true,
      allowWatchBookmarks: true,
      resourceVersion: options.resourceVersion,
      timeoutSeconds: Math.max(1, Math.round(timeoutMs / 1000)),
      labelSelector: query.labelSelector,
      fieldSelector: query.fieldSelector,
    },
    signal,
  });
  try {
    for await (const line of lines(patient(body, options.silenceMs ?? defaultSilenceMs)))
      yield parseEvent<T>(line, target, query);
  } catch (error) {
    if (error instanceof TypedError || options.signal?.aborted === true) throw error;
    throw new TypedError(`watch ${target}: the connection broke`, { code: 'kubernetes_unreachable', cause: error });
  } finally {
    body.destroy();
  }
}

/** What a stream yields, as long as it yields something in time; whoever reads may take as long as they like. */
async function* patient(body: Readable, silenceMs: number): AsyncIterable<unknown> {
  let silent: NodeJS.Timeout | undefined;
  const listen = (): void => {
    silent = setTimeout(() => body.destroy(new Error(`nothing came for ${silenceMs / 1_000} s`)), silenceMs);
  };
  try {
    listen();
    for await (const chunk of body) {
      clearTimeout(silent);
      yield chunk;
      listen();
    }
  } finally {
    clearTimeout(silent);
  }
}

async function* lines(body: AsyncIterable<unknown>): AsyncIterable<string> {
  const decoder = new TextDecoder();
  let rest = '';
  for await (const chunk of body) {
    const parts = (rest + decoder.decode(chunk as Uint8Array, { stream: true })).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) if (part.trim() !== '') yield part;
  }
  if (rest.trim() !== '') yield rest;
}

function parseEvent<T extends KubeObject>(line: string, target: string, query: ListQuery): WatchEvent<T> {
  let event: WireEvent<T>;
  try {
    event = JSON.parse(line) as WireEvent<T>;
  } catch (error) {
    throw garbage(target, line, error);
  }
  switch (event.type) {
    case 'ADDED':
    case 'MODIFIED':
    case 'DELETED':
    case 'BOOKMARK':
      if (event.object === undefined) throw garbage(target, line);
      return { type: event.type, object: { ...event.object, apiVersion: query.apiVersion, kind: query.kind } };
    case 'ERROR': {
      const status = (event.object ?? {}) as Status;
      throw new StatusError(`watch ${target}`, status.code ?? 500, status);
    }
    default:
      throw garbage(target, line);
  }
}

function garbage(target: string, line: string, cause?: unknown): TypedError {
  return new TypedError(`watch ${target}: a line is not a watch event: ${line.slice(0, 120)}`, {
    code: 'kubernetes_watch_garbage',
    cause,
  });
}
