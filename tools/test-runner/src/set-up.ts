import { buildComponents } from '@matryoshka/components';
import { debianPackages, installPackages, missingPackages } from '@matryoshka/installer';

/** Debian packages that only the tests need, on top of those of the platform. */
const testPackages: readonly string[] = [
  'iputils-ping',
  'python3-cinderclient',
  'python3-octaviaclient',
  'python3-openstackclient',
  'python3-venv',
];

/** Installs what the medium and e2e tests need and the machine lacks, then builds the Go components that are not in the cache yet. */
export async function setUp(say: (line: string) => void): Promise<void> {
  const missing = await missingPackages([...debianPackages.map(({ name }) => name), ...testPackages]);
  if (missing.length > 0) {
    say(`installing ${missing.length} Debian packages: ${missing.join(' ')}`);
    await installPackages(missing);
  }
  let last = '';
  await buildComponents({
    onProgress: ({ component, version, state, done, total, elapsedMs, remainingMs }) => {
      const what = `${component} ${version} ${state}`;
      if (state === 'cached' || what === last) return;
      last = what;
      const minutes = (ms: number): string => `${(ms / 60_000).toFixed(1)} min`;
      say(`components [${done}/${total}] ${what} (${minutes(elapsedMs)} gone, about ${minutes(remainingMs)} left)`);
    },
  });
}
