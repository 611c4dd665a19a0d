/** The board's log: one JSON object a line on standard error. What the ground must know goes into event frames, not here. */

export type LogLevel = 'info' | 'warning' | 'error';

/** Writes one line. `fields` are JSON values. */
export type Log = (level: LogLevel, what: string, fields?: Readonly<Record<string, unknown>>) => void;

/** A log on standard error, stamped with the given time. */
export function jsonLines(nowMs: () => number): Log {
  // whoever read the log may go: that must not end a flight
  if (process.stderr.listenerCount('error') === 0) process.stderr.on('error', () => {});
  return (level, what, fields = {}) => {
    process.stderr.write(`${JSON.stringify({ time: new Date(nowMs()).toISOString(), level, what, ...fields })}\n`);
  };
}

/** A log that goes nowhere. */
export const silentLog: Log = () => {};
