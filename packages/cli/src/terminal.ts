/** What a command sees of the world around it; tests hand in their own. */
export interface Terminal {
  readonly stdout: (text: string) => void;
  readonly stderr: (text: string) => void;
  readonly stdoutIsTty: boolean;
  readonly stderrIsTty: boolean;
  readonly stdinIsTty: boolean;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly home: string;
  /** Aborts on Ctrl-C. */
  readonly signal: AbortSignal;
  /** Opens an address in the browser of this machine, where there is one; says nothing when there is none. */
  readonly openUrl: (url: string) => void;
  /** Asks on the terminal. */
  readonly ask: (question: string) => Promise<string>;
  /** Asks on the terminal without showing what is typed. */
  readonly readSecret: (question: string) => Promise<string>;
}

/** Colours only for people: on a terminal, and not when NO_COLOR is set (no-color.org). */
export function coloursWanted(terminal: Pick<Terminal, 'env' | 'stderrIsTty'>): boolean {
  return terminal.stderrIsTty && (terminal.env.NO_COLOR ?? '') === '' && terminal.env.TERM !== 'dumb';
}
