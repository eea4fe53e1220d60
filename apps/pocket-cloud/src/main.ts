import { readFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import {
  type PocketCloudOptions,
  pocketCloudConfig,
  purgePocketCloud,
  startPocketCloud,
} from '@matryoshka/pocket-cloud';
import { createLogger, errorMessage, keepCompiled, TypedError } from '@matryoshka/system';

const usage = `usage: pocket-cloud [--config FILE] [--data-dir DIR] [--address IP] [--cidr NETWORK] [--prefix NAME] [--purge]
The admin password comes from "adminPassword" in FILE or from POCKET_CLOUD_ADMIN_PASSWORD.
`;

async function options(): Promise<{
  readonly cloud: PocketCloudOptions & { adminPassword: string };
  readonly purge: boolean;
}> {
  const { values } = parseArgs({
    options: {
      config: { type: 'string' },
      'data-dir': { type: 'string' },
      address: { type: 'string' },
      cidr: { type: 'string' },
      prefix: { type: 'string' },
      purge: { type: 'boolean', default: false },
      help: { type: 'boolean', default: false },
    },
  });
  if (values.help) {
    process.stdout.write(usage);
    process.exit(0);
  }
  const file =
    values.config === undefined ? {} : (JSON.parse(await readFile(values.config, 'utf8')) as PocketCloudOptions);
  const given = { dataDir: values['data-dir'], address: values.address, cidr: values.cidr, prefix: values.prefix };
  const flags = Object.fromEntries(
    Object.entries(given).filter(([, value]) => value !== undefined),
  ) as PocketCloudOptions;
  const adminPassword = file.adminPassword ?? process.env.POCKET_CLOUD_ADMIN_PASSWORD ?? '';
  return { cloud: { ...file, ...flags, adminPassword }, purge: values.purge };
}

try {
  const { cloud: wanted, purge } = await options();
  const config = pocketCloudConfig(wanted);
  if (purge) await purgePocketCloud(config);
  else {
    const log = createLogger('pocket-cloud');
    const cloud = await startPocketCloud(config, log);
    keepCompiled();
    const end = (signal: NodeJS.Signals): void => {
      log.info({ signal }, 'stopping; servers and networks keep running');
      cloud.stop().then(
        () => process.exit(0),
        () => process.exit(1),
      );
    };
    process.once('SIGTERM', end);
    process.once('SIGINT', end);
  }
} catch (error) {
  const next = error instanceof TypedError && error.next !== undefined ? `\n${error.next}` : '';
  process.stderr.write(`pocket-cloud: ${errorMessage(error)}${next}\n`);
  process.exit(error instanceof TypeError ? 2 : 1);
}
