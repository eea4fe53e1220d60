import { writeFile } from 'node:fs/promises';
import { parseArgs } from 'node:util';
import { allParts, type Part, runScenario } from './scenario/index.ts';

// Plays the scenario on the cloud that OS_* in the environment names (an administrator's) and writes its answers to a file.
const { values } = parseArgs({
  options: { out: { type: 'string' }, cloud: { type: 'string' }, part: { type: 'string', multiple: true } },
});
const { OS_AUTH_URL, OS_USERNAME, OS_PASSWORD, OS_PROJECT_NAME } = process.env;
if (values.out === undefined || OS_AUTH_URL === undefined || OS_PASSWORD === undefined) {
  process.stderr.write(
    'usage: OS_AUTH_URL=… OS_USERNAME=… OS_PASSWORD=… node test/openstack/record.ts --out FILE [--cloud NAME] [--part nova]…\n',
  );
  process.exit(2);
}
const steps = await runScenario(
  {
    authUrl: OS_AUTH_URL,
    admin: { name: OS_USERNAME ?? 'admin', password: OS_PASSWORD, project: OS_PROJECT_NAME ?? 'admin' },
    image: Buffer.alloc(1024 * 1024),
  },
  (values.part ?? allParts) as readonly Part[],
);
await writeFile(values.out, `${JSON.stringify({ cloud: values.cloud ?? OS_AUTH_URL, steps }, null, 1)}\n`);
process.stdout.write(`${steps.length} steps in ${values.out}\n`);
