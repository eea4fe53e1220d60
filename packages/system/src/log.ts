import { type Logger as PinoLogger, pino, stdSerializers } from 'pino';

export type Logger = PinoLogger;

/** A JSON logger on standard error (constant message + fields). Level from MATRYOSHKA_LOG_LEVEL, default `info`. */
export function createLogger(name: string): Logger {
  return pino(
    { name, level: process.env.MATRYOSHKA_LOG_LEVEL ?? 'info', base: { name } },
    pino.destination({ dest: 2, sync: true }),
  );
}

/** An error as the logger would write it, with its causes: to be changed before it is written. */
export function serializeError(error: Error): object {
  return stdSerializers.err(error);
}
