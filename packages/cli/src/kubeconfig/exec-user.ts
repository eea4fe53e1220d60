import { constants } from 'node:fs';
import { access, realpath } from 'node:fs/promises';
import { delimiter, isAbsolute, join } from 'node:path';
import { TypedError } from '@matryoshka/system';
import { isMap, isSeq, parseDocument } from 'yaml';
import type { Terminal } from '../terminal.ts';

type Env = Terminal['env'];

/**
 * Makes the exec plug-in of a kubeconfig work from this machine: by a command that is there, for this service, with the session file of this
 * person. The service itself knows none of that. Other kinds of users stay as they are.
 */
export async function withLocalPlugin(kubeconfig: string, url: string, env: Env): Promise<string> {
  const document = parseDocument(kubeconfig);
  const users = document.get('users');
  if (!isSeq(users)) throw new TypedError('the kubeconfig of the service has no users', { code: 'bad_kubeconfig' });
  const command = await kaasCommand(env);
  for (const user of users.items) {
    const exec = isMap(user) ? user.getIn(['user', 'exec']) : undefined;
    if (!isMap(exec)) continue;
    exec.set('command', command);
    const args = exec.get('args');
    if (isSeq(args)) for (const arg of ['--url', url]) args.add(arg);
    if (env.KAAS_CONFIG !== undefined)
      exec.set('env', document.createNode([{ name: 'KAAS_CONFIG', value: env.KAAS_CONFIG }]));
  }
  return document.toString({ lineWidth: 0 });
}

/** `kaas` where PATH leads to the program that runs now, else where that is. */
async function kaasCommand(env: Env): Promise<string> {
  const launcher = env.KAAS_LAUNCHER;
  if (launcher === undefined || !isAbsolute(launcher)) return 'kaas';
  const found = await findInPath('kaas', env.PATH ?? '');
  const same = found !== undefined && (await realpath(found)) === (await realpath(launcher).catch(() => launcher));
  return same ? 'kaas' : launcher;
}

async function findInPath(name: string, path: string): Promise<string | undefined> {
  for (const folder of path.split(delimiter)) {
    if (!isAbsolute(folder)) continue;
    const file = join(folder, name);
    try {
      await access(file, constants.X_OK);
      return file;
    } catch {
      // Not in this folder.
    }
  }
  return undefined;
}
