import { randomUUID } from 'node:crypto';

/** Id with dashes: servers, images, networks, load balancers, … */
export function newId(): string {
  return randomUUID();
}

/** Id without dashes, as Keystone makes them: users, projects, roles, … */
export function newHexId(): string {
  return randomUUID().replaceAll('-', '');
}

/** `2026-11-24T00:20:06Z`: the form of Nova, Neutron and Glance. */
export function timestamp(date: Date = new Date()): string {
  return `${date.toISOString().slice(0, 19)}Z`;
}

/** `2026-11-24T00:20:06.000000Z`: the form of Keystone (and of Nova's fields without Z, see there). */
export function microTimestamp(date: Date = new Date()): string {
  return `${date.toISOString().slice(0, 23)}000Z`;
}
