import { randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readFileIfExists, writeFileAtomic } from '@matryoshka/system';
import { type PlatformConfig, platformPaths } from '../config.ts';

/** What is made once per installation and never shown. */
export interface Secrets {
  readonly openstackAdminPassword: string;
  readonly postgres: {
    readonly kaas: string;
    readonly kaasApi: string;
    readonly kaasController: string;
    readonly management: string;
    readonly kamaji: string;
  };
  /** kubeadm bootstrap token of the management cluster, `[a-z0-9]{6}.[a-z0-9]{16}`. */
  readonly bootstrapToken: string;
  /** Secret of the application credential that the management cluster's cloud controller manager uses. */
  readonly managementCredential: string;
}

const file = 'secrets.json';

/** The installation's secrets, made at the first call; later calls answer the same. The folder is 0700, files 0600. */
export async function ensureSecrets(config: PlatformConfig): Promise<Secrets> {
  const paths = platformPaths(config);
  await mkdir(paths.secrets, { recursive: true, mode: 0o700 });
  await chmod(paths.secrets, 0o700);
  const existing = await readSecrets(config);
  if (existing !== undefined) return existing;
  const secrets: Secrets = {
    openstackAdminPassword: password(),
    postgres: {
      kaas: password(),
      kaasApi: password(),
      kaasController: password(),
      management: password(),
      kamaji: password(),
    },
    bootstrapToken: `${letters(6)}.${letters(16)}`,
    managementCredential: password(),
  };
  await writeFileAtomic(join(paths.secrets, file), `${JSON.stringify(secrets, null, 2)}\n`, 0o600);
  return secrets;
}

/** The secrets, or undefined before the first `up`. */
export async function readSecrets(config: PlatformConfig): Promise<Secrets | undefined> {
  const text = await readFileIfExists(join(platformPaths(config).secrets, file));
  return text === undefined ? undefined : (JSON.parse(text) as Secrets);
}

/** 192 bits in letters that need no quoting in URLs, SQL or YAML. */
function password(): string {
  return randomBytes(24).toString('hex');
}

function letters(length: number): string {
  const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789';
  let text = '';
  while (text.length < length) {
    // 252 = 7 · 36: bytes above would favour some letters.
    for (const byte of randomBytes(length * 2)) if (byte < 252 && text.length < length) text += alphabet[byte % 36];
  }
  return text;
}
