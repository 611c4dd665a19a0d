/** Files read in pieces: at most a few are open at once, the one unused for longest is closed for the next. */
import { type FileHandle, open } from 'node:fs/promises';
import { messageOf } from '../../base/index.ts';
import { shardError } from './shard-reader.ts';

/** Far below the 1,024 that a process may usually have open. */
const MOST_OPEN = 64;

export class OpenFiles {
  /** In order of last use. */
  readonly #handles = new Map<string, FileHandle>();

  /** Size of a file in bytes. */
  async sizeOf(path: string): Promise<number> {
    return (await (await this.#handle(path)).stat()).size;
  }

  /** Fills `bytes` from byte `position` on, or throws NadirError where the file ends before. One call at a time. */
  async fill(path: string, bytes: Uint8Array, position: number): Promise<void> {
    const file = await this.#handle(path);
    let done = 0;
    while (done < bytes.length) {
      const { bytesRead } = await file.read(bytes, done, bytes.length - done, position + done);
      if (bytesRead === 0) {
        const what = `file ends at byte ${position + done}, within what its header promises`;
        throw shardError(what, path, 'Copy or write the shard again; it is truncated');
      }
      done += bytesRead;
    }
  }

  async close(): Promise<void> {
    const handles = [...this.#handles.values()];
    this.#handles.clear();
    for (const handle of handles) await handle.close();
  }

  async #handle(path: string): Promise<FileHandle> {
    const known = this.#handles.get(path);
    this.#handles.delete(path);
    const handle = known ?? (await openToRead(path));
    this.#handles.set(path, handle);
    if (this.#handles.size > MOST_OPEN) {
      const [oldest, unused] = [...this.#handles][0];
      this.#handles.delete(oldest);
      await unused.close();
    }
    return handle;
  }
}

async function openToRead(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'r');
  } catch (cause) {
    throw shardError(`cannot read shard (${messageOf(cause)})`, path, 'Check that it exists and is readable', cause);
  }
}
