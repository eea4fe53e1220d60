import type { Backup } from '@matryoshka/contract';
import type { View } from './format.ts';
import { formatAge } from './table.ts';

/** Bytes for people. */
function size(bytes: number | null): string {
  if (bytes === null) return '';
  return bytes < 2 ** 20 ? `${Math.ceil(bytes / 2 ** 10)} KiB` : `${(bytes / 2 ** 20).toFixed(1)} MiB`;
}

export const backupView = (now: Date): View<Backup> => ({
  name: ({ id }) => id,
  columns: [
    { head: 'ID', cell: ({ id }) => id },
    { head: 'STATE', cell: ({ state }) => state },
    { head: 'REASON', cell: ({ reason }) => reason },
    { head: 'MOMENT', cell: ({ moment }) => moment ?? '' },
    { head: 'VERSION', cell: ({ kubernetesVersion }) => kubernetesVersion },
    { head: 'OBJECTS', cell: ({ keys }) => (keys === null ? '' : String(keys)) },
    { head: 'SIZE', cell: ({ bytes }) => size(bytes) },
    { head: 'VERIFIED', cell: ({ verifiedAt }) => (verifiedAt === null ? 'no' : 'yes') },
    { head: 'AGE', cell: ({ createdAt }) => formatAge(createdAt, now) },
    { head: 'BY', cell: ({ requestedBy }) => requestedBy, wide: true },
    { head: 'ERROR', cell: ({ error }) => error ?? '', wide: true },
  ],
});
