import { readdir, readFile, statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { errorMessage, hasErrnoCode } from '@matryoshka/system';
import { databaseArchive } from '../archive/database.ts';
import {
  type PlatformConfig,
  type PlatformOptions,
  type ProcessName,
  platformPaths,
  type processNames,
} from '../config.ts';
import { isTaken } from '../machine/readings.ts';
import { type CertificateAndKey, daysLeft, renewBeforeDays } from '../secrets/certificates.ts';
import { readState } from '../state/state.ts';
import { status } from '../status.ts';
import { cluster, servers } from './cluster.ts';
import type { Finding } from './finding.ts';
import { images } from './images.ts';

const minimumFreeBytes = 3 * 2 ** 30;

/** Looks for what is broken; an empty list means nothing was found. Changes nothing. */
export async function doctor(options: PlatformOptions = {}): Promise<readonly Finding[]> {
  const config = await readState(options);
  if (config === undefined)
    return [
      {
        area: 'installation',
        subject: 'platform',
        message: 'Nothing is installed in this data directory',
        remedy: 'Run: kaas up',
      },
    ];
  const own = [...(await processes(config)), ...(await disks(config)), ...(await certificates(config))];
  // What a dead process takes with it is not told again, part by part.
  const dead = new Set(own.filter(({ area }) => area === 'process' || area === 'port').map(({ subject }) => subject));
  return [
    ...own,
    ...(dead.has('registry') ? [] : await images(config)),
    ...(dead.has('pocket-cloud') ? [] : await servers(config)),
    ...(dead.has('postgres') ? [] : await archive(config)),
    ...(dead.has('postgres') ? [] : await cluster(config)),
  ];
}

async function archive({ dataDir }: PlatformConfig): Promise<readonly Finding[]> {
  const finding = (message: string): readonly Finding[] => [
    {
      area: 'archive',
      subject: 'postgres',
      message,
      remedy: `Read ${platformPaths({ dataDir }).logFile('postgres')}, and docs/recovery.md`,
    },
  ];
  try {
    const { backups, failing } = await databaseArchive({ dataDir });
    if (failing) return finding('What PostgreSQL writes does not get into its archive');
    return backups.length === 0 ? finding('There is no base backup of PostgreSQL: run kaas up') : [];
  } catch (error) {
    return finding(errorMessage(error));
  }
}

async function processes(config: PlatformConfig): Promise<readonly Finding[]> {
  const paths = platformPaths(config);
  const findings: Finding[] = [];
  const { processes: all } = await status({ dataDir: config.dataDir });
  for (const { name, pid, state } of all.filter((process) => process.state !== 'ready')) {
    if (state === 'unready')
      findings.push({
        area: 'process',
        subject: name,
        message: `${name} runs (process ${pid}) but does not do its job`,
        remedy: `Read ${paths.logFile(name)}, then run: kaas up`,
      });
    else {
      const taken = await takenPort(config, name);
      if (taken !== undefined)
        findings.push({
          area: 'port',
          subject: name,
          message: `Port ${taken} of ${name} is taken by another process`,
          remedy: `Find it with: ss -ltnp 'sport = :${taken}', end it, then run: kaas up`,
        });
      else
        findings.push({
          area: 'process',
          subject: name,
          message: `${name} does not run`,
          remedy: `Run: kaas up (its last words are in ${paths.logFile(name)})`,
        });
    }
  }
  return findings;
}

async function takenPort(config: PlatformConfig, name: (typeof processNames)[number]): Promise<number | undefined> {
  const { address } = config.network;
  const ports: Readonly<Record<ProcessName, readonly (readonly [string, number])[]>> = {
    postgres: [[address, config.ports.postgres]],
    registry: [[address, config.ports.registry]],
    'pocket-cloud': [[address, config.ports.keystone]],
    'kaas-api': [
      ['127.0.0.1', config.ports.api],
      [address, config.ports.issuer],
      ['127.0.0.1', config.ports.apiMetrics],
    ],
    'kaas-controller': [['127.0.0.1', config.ports.controllerMetrics]],
  };
  for (const [host, port] of ports[name]) if (await isTaken(host, port)) return port;
  return undefined;
}

async function disks(config: PlatformConfig): Promise<readonly Finding[]> {
  const findings: Finding[] = [];
  for (const path of [config.dataDir, config.cacheDir]) {
    const space = await statfs(path).catch((error: unknown) => {
      if (hasErrnoCode(error, 'ENOENT')) return undefined;
      throw error;
    });
    if (space === undefined) continue;
    const free = space.bavail * space.bsize;
    if (free < minimumFreeBytes)
      findings.push({
        area: 'disk',
        subject: path,
        message: `The disk of ${path} has only ${(free / 2 ** 30).toFixed(1)} GiB free`,
        remedy: 'Free some space: databases and images stop when it is full.',
      });
  }
  return findings;
}

async function certificates(config: PlatformConfig): Promise<readonly Finding[]> {
  const { pki } = platformPaths(config);
  const findings: Finding[] = [];
  const files = await readdir(pki).catch((error: unknown) => {
    if (hasErrnoCode(error, 'ENOENT')) return [];
    throw error;
  });
  for (const file of files.filter((name) => name.endsWith('.json'))) {
    const { certificate } = JSON.parse(await readFile(join(pki, file), 'utf8')) as CertificateAndKey;
    if (!certificate.includes('BEGIN CERTIFICATE')) continue;
    const days = daysLeft(certificate);
    if (days < renewBeforeDays)
      findings.push({
        area: 'certificate',
        subject: file.replace('.json', ''),
        message: days < 0 ? `The certificate ended ${-days} days ago` : `The certificate ends in ${days} days`,
        remedy: 'Run: kaas up, which renews it.',
      });
  }
  return findings;
}
