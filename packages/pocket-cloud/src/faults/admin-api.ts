import {
  badRequest,
  bodyObject,
  isObject,
  type JsonObject,
  noContent,
  notFound,
  novaError,
  ok,
  optionalInteger,
  type Route,
  requiredString,
  route,
} from '../http/index.ts';
import type { Fault, FaultKind, Faults } from './registry.ts';

/** Fields that a kind needs; the rest is optional. */
const required: Readonly<Record<FaultKind, readonly string[]>> = {
  answer: ['service', 'path', 'status'],
  delay: ['service', 'path', 'ms'],
  'server-error': ['name', 'message'],
  'server-silent': ['name'],
  'load-balancer': ['name', 'outcome'],
  'dhcp-lost': ['name'],
  'detach-hangs': ['name'],
};
const patterns = ['path', 'name', 'method'];

/** Injection of faults by tests: a socket that only root of this machine reaches, served only where the configuration says so. */
export function faultRoutes(faults: Faults): readonly Route[] {
  return [
    route('GET', '/faults', () => ok({ faults: faults.list() }), 'none'),
    route(
      'POST',
      '/faults',
      (request) => {
        const wanted = bodyObject(request.body, 'fault');
        return ok({ fault: faults.add(readFault(wanted), optionalInteger(wanted, 'times', 1) ?? null) });
      },
      'none',
    ),
    route(
      'DELETE',
      '/faults',
      () => {
        faults.clear();
        return noContent;
      },
      'none',
    ),
    route(
      'DELETE',
      '/faults/:id',
      (request) => {
        if (!faults.remove(request.params.id ?? '')) throw notFound(`There is no fault ${request.params.id}.`);
        return noContent;
      },
      'none',
    ),
  ];
}

export const faultErrors = novaError;

function readFault(wanted: JsonObject): Fault {
  const kind = requiredString(wanted, 'kind') as FaultKind;
  const needs = required[kind];
  if (needs === undefined) throw badRequest(`There is no fault of kind ${kind}: ${Object.keys(required).join(', ')}.`);
  for (const field of needs)
    if (wanted[field] === undefined) throw badRequest(`A fault of kind ${kind} needs ${field}.`);
  for (const field of patterns) {
    const pattern = wanted[field];
    if (pattern === undefined) continue;
    try {
      new RegExp(String(pattern));
    } catch {
      throw badRequest(`${field} is no regular expression: ${String(pattern)}`);
    }
  }
  if (wanted.headers !== undefined && !isObject(wanted.headers)) throw badRequest('headers must be an object.');
  const { times: _times, ...fault } = wanted;
  return fault as unknown as Fault;
}
