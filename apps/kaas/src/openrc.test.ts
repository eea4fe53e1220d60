import { run } from '@matryoshka/system';
import { describe, expect, it } from 'vitest';
import { openrc } from './openrc.ts';

describe('openrc', () => {
  it('gives a shell the very password, whatever is in it', async () => {
    const password = `a'b"c $(id) \`id\` \\ !`;
    const admin = {
      authUrl: 'http://172.29.0.1:5000/v3',
      username: 'admin',
      password,
      project: 'admin',
      domain: 'Default',
      region: 'RegionOne',
    };
    const script = `OS_TOKEN=old\n${openrc(admin, 'demo')}printf '%s|%s|%s' "$OS_PASSWORD" "$OS_PROJECT_NAME" "$OS_TOKEN"`;
    expect((await run(['sh', '-e'], { input: script })).stdout).toBe(`${password}|demo|`);
  });
});
