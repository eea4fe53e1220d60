import { run } from '@matryoshka/system';

/** Debian packages that the medium tests need on top of what a machine with Node.js and npm has. */
const testPackages = ['postgresql-15'] as const;

// dpkg-query's own placeholders, not a template of ours.
// biome-ignore lint/suspicious/noTemplateCurlyInString: see above
const packageFormat = '${Package} ${db:Status-Status}\n';

/** Installs what the tests need and the machine lacks; touches nothing when all is there. Services are not started by the installation. */
export async function setUp(say: (line: string) => void): Promise<void> {
  const known = await run(['dpkg-query', '--show', '--showformat', packageFormat, ...testPackages], {
    okCodes: 'any',
  });
  const installed = new Set(
    known.stdout
      .split('\n')
      .filter((line) => line.endsWith(' installed'))
      .map((line) => line.split(' ')[0]),
  );
  const missing = testPackages.filter((name) => !installed.has(name));
  if (missing.length === 0) return;
  say(`installing the Debian packages ${missing.join(' ')}`);
  const env = { DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  await run(['apt-get', 'update', '--quiet'], { env });
  await run(['apt-get', 'install', '--yes', '--quiet', '--no-install-recommends', ...missing], { env });
}
