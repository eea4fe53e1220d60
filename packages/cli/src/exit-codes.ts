/** Exit codes of `kaas`; scripts may rely on them. */
export const exitCodes = { ok: 0, error: 1, usage: 2, notFound: 3, conflict: 4, timedOut: 5 } as const;
export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes];
