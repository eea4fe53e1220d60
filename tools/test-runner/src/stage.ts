import { CommandError, run } from '@matryoshka/system';

export interface Count {
  readonly passed: number;
  readonly failed: number;
  readonly skipped: number;
}

export interface Stage {
  readonly name: string;
  /** Needs the set-up: Debian packages and built components. */
  readonly heavy: boolean;
  run(say: (line: string) => void): Promise<Count>;
}

/** A program that passes or fails as a whole; its output is shown only when it fails. */
export function check(name: string, argv: readonly [string, ...string[]]): Stage {
  return {
    name,
    heavy: false,
    run: async (say) => {
      try {
        await run(argv);
        return { passed: 1, failed: 0, skipped: 0 };
      } catch (error) {
        if (!(error instanceof CommandError)) throw error;
        say(error.output);
        return { passed: 0, failed: 1, skipped: 0 };
      }
    },
  };
}
