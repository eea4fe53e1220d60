import { describe, expect, it } from 'vitest';
import { CommandError, run } from './run.ts';

describe('run', () => {
  it('returns what the program printed', async () => {
    const result = await run(['cat'], { input: 'hello\n' });
    expect(result).toEqual({ code: 0, stdout: 'hello\n', stderr: '' });
  });

  it('passes arguments as they are, without a shell', async () => {
    const result = await run(['printf', '%s', '$(id); `id` | x']);
    expect(result.stdout).toBe('$(id); `id` | x');
  });

  it('names the command, the code and the end of its output when it fails', async () => {
    const failed = run(['sh', '-c', 'echo broken >&2; exit 3']);
    await expect(failed).rejects.toMatchObject({ code: 'command_failed', exitCode: 3, stderr: 'broken\n' });
    await expect(failed).rejects.toThrow(/exit code 3\nbroken/);
  });

  it('accepts the exit codes it is told to accept', async () => {
    expect((await run(['sh', '-c', 'exit 3'], { okCodes: [0, 3] })).code).toBe(3);
    expect((await run(['sh', '-c', 'exit 9'], { okCodes: 'any' })).code).toBe(9);
  });

  it('names a program that is not installed', async () => {
    await expect(run(['no-such-program-here'])).rejects.toMatchObject({ code: 'command_not_found' });
  });

  it('kills a program that takes too long, also one that accepts every exit code', async () => {
    const late = run(['sleep', '60'], { timeoutMs: 50, okCodes: 'any' });
    await expect(late).rejects.toBeInstanceOf(CommandError);
    await expect(late).rejects.toThrow(/timed out after 50 ms/);
  });

  it('stops when the signal aborts', async () => {
    const controller = new AbortController();
    const running = run(['sleep', '60'], { signal: controller.signal });
    controller.abort();
    await expect(running).rejects.toThrow(/aborted/);
  });

  it('hands over whole lines while the program runs', async () => {
    const lines: string[] = [];
    await run(['printf', 'a\\nb\\nc'], { onLine: (line) => lines.push(line) });
    expect(lines).toEqual(['a', 'b', 'c']);
  });
});
