/** What every command shares: the keys that each JSON document has, and where its log lines go. */
import { readFileSync } from 'node:fs';
import { shippedPath } from './paths.ts';

/** Version of this package. */
export const VERSION: string = JSON.parse(readFileSync(shippedPath('package.json'), 'utf8')).version;

/** Keys that every command's JSON document has besides its own. */
export interface CommandDocument {
  readonly version: string;
  readonly seed: number;
  readonly wallSeconds: number;
  readonly cpuSeconds: number;
  /** Folder of the outputs, or null for a command that writes none. */
  readonly out: string | null;
}

/** Says how far long work has come. `log` writes one line to standard error, or nothing under a progress display. */
export interface Progress {
  log(line: string): void;
}

/** Whether it is time for another line: true once in so many seconds, counted from now. */
export function onceIn(seconds: number): () => boolean {
  let last = performance.now();
  return () => {
    const now = performance.now();
    if (now - last < 1000 * seconds) return false;
    last = now;
    return true;
  };
}

/** Progress that goes nowhere. */
export const SILENT: Progress = { log: () => {} };
