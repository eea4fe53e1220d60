import { run } from '@matryoshka/system';
import { config, paths } from './platform.ts';

/** The rows of a query as the superuser, columns separated by `|`. */
export async function sql(database: string, statement: string): Promise<readonly string[]> {
  const place = ['-h', paths.postgres.socketDir, '-p', String(config.ports.postgres), '-U', 'postgres', '-d', database];
  const { stdout } = await run(['psql', ...place, '-At', '-c', statement], { env: { PGPASSWORD: undefined } });
  return stdout.split('\n').filter((line) => line !== '');
}
