import { archiveCommand } from '../archive/configuration.ts';
import type { PlatformConfig, PlatformPaths } from '../config.ts';

/**
 * postgresql.conf. Small shared memory, because a control plane's store is a few megabytes; many connections, because kine's pool has no
 * limit of its own (9–10 connections idle per highly available control plane) and a small pool starves it.
 */
export function postgresConf(config: PlatformConfig, paths: PlatformPaths): string {
  const settings: Readonly<Record<string, string>> = {
    listen_addresses: quote(config.network.address),
    port: String(config.ports.postgres),
    unix_socket_directories: quote(paths.postgres.socketDir),
    ssl: 'on',
    ssl_cert_file: quote('server.crt'),
    ssl_key_file: quote('server.key'),
    ssl_min_protocol_version: quote('TLSv1.2'),
    password_encryption: quote('scram-sha-256'),
    max_connections: '500',
    shared_buffers: quote('96MB'),
    work_mem: quote('2MB'),
    maintenance_work_mem: quote('32MB'),
    max_wal_size: quote('512MB'),
    min_wal_size: quote('64MB'),
    wal_level: 'replica',
    archive_mode: 'on',
    archive_command: quote(archiveCommand(paths)),
    // What a lost disk may cost at most, as soon as anything is written at all.
    archive_timeout: quote('60s'),
    max_wal_senders: '2',
    autovacuum_naptime: quote('20s'),
    huge_pages: 'off',
    log_timezone: quote('UTC'),
    timezone: quote('UTC'),
    log_line_prefix: quote('%m [%p] %u@%d '),
    log_checkpoints: 'off',
  };
  return `${Object.entries(settings)
    .map(([name, value]) => `${name} = ${value}`)
    .join('\n')}\n`;
}

/** pg_hba.conf: root and postgres of this machine are the superuser through the socket; everybody else needs a password, over the network also TLS. */
export function pgHbaConf(config: PlatformConfig): string {
  return [
    'local all postgres peer map=matryoshka',
    'local all all scram-sha-256',
    'hostssl all postgres all reject',
    `hostssl all all ${config.network.cidr} scram-sha-256`,
    'hostssl all all 127.0.0.0/8 scram-sha-256',
    // kaas-controller measures the DataStore at its address, and comes from whichever of this machine's the kernel chooses.
    'hostssl all kamaji samehost scram-sha-256',
    '',
  ].join('\n');
}

export const pgIdentConf = 'matryoshka root postgres\nmatryoshka postgres postgres\n';

function quote(text: string): string {
  return `'${text.replaceAll("'", "''")}'`;
}
