import { randomBytes } from 'node:crypto';
import { migrate, prepareDatabase } from '@matryoshka/postgres';
import { readFileIfExists, writeFileAtomic } from '@matryoshka/system';
import type { PlatformContext, PlatformStep } from '../context.ts';
import { canLogIn, socketUrl, superuserUrl } from '../postgres/cluster.ts';

/** The product's database: roles, schema, and the key that its secrets are sealed with. */
export function databaseStep(after: readonly string[]): PlatformStep {
  return {
    id: 'database',
    title: 'product database',
    after,
    // Migrations are asked for every time: a new version of the program brings new ones, and none costs two queries.
    check: async () => false,
    apply: async (context) => {
      const { config, paths, secrets } = context;
      if ((await readFileIfExists(paths.secretKeyFile)) === undefined)
        await writeFileAtomic(paths.secretKeyFile, `${randomBytes(32).toString('hex')}\n`, 0o600);
      if (!(await rolesLogIn(context)))
        await prepareDatabase({
          superuserUrl: superuserUrl(config, paths),
          database: 'kaas',
          passwords: {
            owner: secrets.postgres.kaas,
            api: secrets.postgres.kaasApi,
            controller: secrets.postgres.kaasController,
          },
        });
      await migrate(socketUrl(config, paths, 'kaas', secrets.postgres.kaas, 'kaas'));
    },
  };
}

/** The last thing that prepareDatabase makes is the grant to connect: who can log in to the database itself proves all of it. */
async function rolesLogIn({ config, paths, secrets }: PlatformContext): Promise<boolean> {
  const { kaas, kaasApi, kaasController } = secrets.postgres;
  for (const [role, password] of [
    ['kaas', kaas],
    ['kaas_api', kaasApi],
    ['kaas_controller', kaasController],
  ] as const)
    if (!(await canLogIn(config, paths, role, password, 'kaas'))) return false;
  return true;
}
