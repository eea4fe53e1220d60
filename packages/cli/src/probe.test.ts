import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { home, kaas, startFakeService, stopFakeService } from './testing/fake-service.ts';

beforeEach(startFakeService);
afterEach(stopFakeService);

describe('probe', () => {
  it.each([
    [[], 'which cluster?'],
    [['demo', '--kubeconfig', 'x'], 'which cluster?'],
    [['demo', '--interval', '0'], 'an interval of 0'],
    [['demo', '--exec-interval', '0'], 'an interval of 0'],
    [['demo', '--for', 'long'], 'long is not a duration'],
  ])('refuses %j', async (argv, words) => {
    const { code, stderr } = await kaas(['probe', ...argv]);
    expect(stderr).toContain(words);
    expect(code).toBe(2);
  });

  it('says which file or which server it cannot use', async () => {
    const missing = await kaas(['probe', '--kubeconfig', join(home, 'absent')]);
    expect(missing.stderr).toMatch(/absent does not exist[\s\S]*who must act: you/);
    expect(missing.code).toBe(1);
    const file = join(home, 'kubeconfig.yaml');
    await writeFile(
      file,
      JSON.stringify({
        'current-context': 'c',
        contexts: [{ name: 'c', context: { cluster: 'c', user: 'c' } }],
        clusters: [{ name: 'c', cluster: { server: 'http://127.0.0.1:1' } }],
        users: [{ name: 'c', user: {} }],
      }),
    );
    const away = await kaas(['probe', '--kubeconfig', file, '--timeout', '1s', '--for', '1s']);
    expect(away.stderr).toContain('http://127.0.0.1:1');
    expect(away.code).toBe(1);
    expect(away.stdout).toBe('');
  });
});
