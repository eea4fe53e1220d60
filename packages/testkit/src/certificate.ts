import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { run } from '@matryoshka/system';

export interface TestCertificate {
  readonly certificateFile: string;
  readonly keyFile: string;
  /** PEM; it is its own authority. */
  readonly certificate: string;
  remove(): Promise<void>;
}

/** A self-signed certificate for 127.0.0.1, by openssl, which Debian's PostgreSQL brings along. */
export async function makeTestCertificate(): Promise<TestCertificate> {
  const folder = await mkdtemp(join(tmpdir(), 'matryoshka-certificate-'));
  const [certificateFile, keyFile] = [join(folder, 'tls.crt'), join(folder, 'tls.key')];
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', keyFile];
  const names = ['-subj', '/CN=test', '-addext', 'subjectAltName=IP:127.0.0.1'];
  await run(['openssl', 'req', '-x509', '-days', '2', ...key, ...names, '-out', certificateFile]);
  const certificate = await readFile(certificateFile, 'utf8');
  return {
    certificateFile,
    keyFile,
    certificate,
    remove: async () => await rm(folder, { recursive: true, force: true }),
  };
}
