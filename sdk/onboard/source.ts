/** Where camera frames come from: an interface of one method, and the folder that a camera, or the simulator, renames files into. */
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { readBounded } from '../base/index.ts';

/** Largest camera frame that is read: 16 MiB. */
const MAX_FRAME_BYTES = 16 * 2 ** 20;
const POLL_MS = 200;
/** Longest name that a result frame can carry. */
const LONGEST_NAME = 128;

/** A frame that a camera delivered. */
export interface CameraFrame {
  /** Names it for ever: a name that was worked on is never worked on again. */
  readonly name: string;
  readonly kind: 'spectral' | 'image' | 'unknown';
  /** Its bytes. Throws a NadirError when they cannot be had. */
  read(): Promise<Buffer>;
}

/** Delivers camera frames. */
export interface FrameSource {
  /** Frames that are not finished, each once, until the signal. */
  frames(isFinished: (name: string) => boolean, signal: AbortSignal): AsyncIterable<CameraFrame>;
}

/**
 * A folder that files are renamed into: `.npz` are spectral frames, `.jpg` and `.jpeg` images, names give the order. Names that start
 * with a dot or end in `.partial` are files that somebody still writes.
 */
export function folderSource(dir: string): FrameSource {
  return {
    async *frames(isFinished, signal) {
      const seen = new Set<string>();
      while (!signal.aborted) {
        for (const name of await fileNames(dir)) {
          if (signal.aborted) return;
          if (seen.has(name)) continue;
          seen.add(name);
          if (isFinished(name)) continue;
          yield { name, kind: kindOf(name), read: () => readBounded(join(dir, name), MAX_FRAME_BYTES) };
        }
        await sleep(POLL_MS, undefined, { signal }).catch(() => {});
      }
    },
  };
}

async function fileNames(dir: string): Promise<string[]> {
  try {
    const entries = await readdir(dir, { withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && !entry.name.startsWith('.') && !entry.name.endsWith('.partial'))
      .map((entry) => entry.name)
      .sort();
  } catch {
    return []; // a camera that is not mounted yet delivers nothing yet
  }
}

function kindOf(name: string): CameraFrame['kind'] {
  if (name.length > LONGEST_NAME) return 'unknown';
  if (/\.npz$/i.test(name)) return 'spectral';
  return /\.jpe?g$/i.test(name) ? 'image' : 'unknown';
}
