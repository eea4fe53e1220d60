import { randomInt } from 'node:crypto';
import { daemonStatus, sleep } from '@matryoshka/system';
import { kaasOk, paths, placement } from './platform.ts';

export type Victim = 'postgres' | 'registry' | 'pocket-cloud' | 'kaas-api' | 'kaas-controller';

/** SIGKILL, by the process id that the platform noted; nothing where the process does not run. */
export async function killDaemon(name: Victim): Promise<void> {
  const identity = await daemonStatus(paths.pidFile(name));
  if (identity !== undefined) process.kill(identity.pid, 'SIGKILL');
}

/**
 * Until `done`: kills a process at a random moment and brings it back with `kaas up`, at most `kills` times. Resolves with the number of
 * kills; throws when it is not done within 15 minutes.
 */
export async function crashUntil(
  done: () => Promise<boolean>,
  { kills, victim }: { readonly kills: number; readonly victim: (kill: number) => Victim },
): Promise<number> {
  const end = Date.now() + 900_000;
  for (let killed = 0; ; ) {
    if (await done().catch(() => false)) return killed;
    if (Date.now() > end) throw new Error(`it did not converge within 15 minutes, ${killed} kills`);
    if (killed < kills) {
      await killDaemon(victim(killed));
      killed += 1;
      await kaasOk(['up', ...placement]);
    }
    await sleep(randomInt(500, 5_000));
  }
}
