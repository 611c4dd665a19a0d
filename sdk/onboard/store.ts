/**
 * The crash-safe store of everything that goes down: a frame has its sequence number, its bytes and the mark of the camera frame
 * that it came from in one LMDB transaction, synced before anything else sees it. Only the ground's acknowledgement deletes; what
 * has to go for want of room is counted and remembered by range. One writer: a later opening fences off an earlier one.
 */
import { mkdirSync } from 'node:fs';
import { messageOf, NadirError } from '../base/index.ts';
import {
  DICTIONARY,
  encodeFrame,
  type FieldValues,
  frameIsIntact,
  LinkError,
  type StreamRange,
  streamIndex,
} from '../link/index.ts';
import { StoreBooks } from './store-books.ts';
import {
  type CameraOutcome,
  type FrameKey,
  keyOf,
  type Lane,
  openTables,
  rankOf,
  type StoreTotals,
  type Tables,
  tupleOf,
} from './store-layout.ts';
import { type Extent, StoreLedger } from './store-ledger.ts';

/** A frame that has no sequence number yet. */
export interface FrameDraft {
  readonly stream: string;
  readonly timeMs: number;
  readonly uncertaintyMs: number;
  /** Made while no link was up. */
  readonly stored: boolean;
  readonly values: FieldValues;
}

/** What one transaction does, all of it or nothing. */
export interface StoreChange {
  readonly frames?: readonly FrameDraft[];
  /** Ranges that the ground has archived. */
  readonly archived?: readonly StreamRange[];
  /** A frame whose bytes are damaged. */
  readonly damaged?: FrameKey;
  readonly camera?: { readonly name: string; readonly outcome: CameraOutcome };
  readonly commandCounter?: number;
  readonly bundleSequence?: number;
  readonly commandedMode?: 'nominal' | 'safe';
}

/** What a transaction did. */
export interface StoreOutcome {
  readonly stored: readonly FrameKey[];
  readonly deleted: number;
  readonly evicted: number;
}

/** Most that may wait in the store. */
export interface StoreLimits {
  readonly frames: number;
  readonly bytes: number;
}

/** Why this boot came, for the birth frame. */
export type ResetReason = 'first boot' | 'clean stop' | 'unexpected reset';

/** A later opening owns the store: whoever gets this has to end. */
export class StoreTakenError extends NadirError {}

/** Boots whose extents and drops are kept although nothing of them waits. */
const BOOTS_KEPT = 200;
const DEFAULT_LIMITS: StoreLimits = { frames: 200_000, bytes: 256 * 2 ** 20 };

export class FrameStore {
  readonly dir: string;
  readonly boot: number;
  readonly resetReason: ResetReason;
  readonly #tables: Tables;
  readonly #limits: StoreLimits;
  readonly #books: StoreBooks;
  readonly #ledger: StoreLedger;

  /**
   * Opens or makes the store in `dir` and begins a boot. A new store counts boots on from `madeMs` in seconds and commands from `madeMs`
   * itself: a craft whose store was replaced must neither name frames as it did before, or the ground would take them for those that
   * it has, nor take a command again. Throws a NadirError when the store cannot be written.
   */
  constructor(dir: string, limits: StoreLimits = DEFAULT_LIMITS, madeMs = 0) {
    this.dir = dir;
    this.#limits = limits;
    try {
      mkdirSync(dir, { recursive: true });
      this.#tables = openTables(dir, false);
      this.#books = new StoreBooks(this.#tables);
      this.#ledger = new StoreLedger(this.#tables);
      // read and counted up in one transaction, so that no two runtimes can be the same boot
      const before = this.#tables.root.transactionSync(() => {
        this.#load();
        const { boot: last, running } = this.#books.state;
        const boot = last > 0 ? last : Math.floor(madeMs / 1000);
        if (last === 0) this.#books.state.commandCounter = madeMs;
        this.#books.state.boot = boot + 1;
        this.#books.state.running = true;
        this.#forgetOldBoots();
        this.#books.save();
        return { boot, running, isNew: last === 0 };
      });
      this.boot = before.boot + 1;
      this.resetReason = before.isNew ? 'first boot' : before.running ? 'unexpected reset' : 'clean stop';
    } catch (cause) {
      throw this.#unwritable(cause);
    }
  }

  get commandCounter(): number {
    return this.#books.state.commandCounter;
  }

  /** Highest sequence of a bundle that has flown with this store. */
  get bundleSequence(): number {
    return this.#books.state.bundleSequence;
  }

  get commandedMode(): 'nominal' | 'safe' {
    return this.#books.state.commandedMode;
  }

  get totals(): StoreTotals {
    return this.#books.totals;
  }

  /** Frames and bytes that wait for the ground. */
  get waiting(): { readonly frames: number; readonly bytes: number } {
    return this.#books.waiting;
  }

  /** Does all of a change in one durable transaction. Throws, having done nothing, when the disk or a value does not allow it. */
  commit(change: StoreChange): StoreOutcome {
    try {
      return this.#tables.root.transactionSync(() => {
        this.#requireOwnBoot();
        const stored = (change.frames ?? []).map((frame) => this.#put(frame));
        const deleted = (change.archived ?? []).reduce((sum, range) => sum + this.#deleteArchived(range), 0);
        if (change.damaged && this.#drop(change.damaged)) this.#books.totals.damaged++;
        if (change.camera) {
          this.#tables.meta.putSync(['camera', change.camera.name], change.camera.outcome);
          this.#books.totals[change.camera.outcome]++;
        }
        if (change.bundleSequence !== undefined) this.#books.state.bundleSequence = change.bundleSequence;
        if (change.commandCounter !== undefined) this.#books.state.commandCounter = change.commandCounter;
        if (change.commandedMode !== undefined) this.#books.state.commandedMode = change.commandedMode;
        const evicted = this.#evict();
        this.#books.save();
        return { stored, deleted, evicted };
      });
    } catch (cause) {
      this.#reload();
      throw this.#unwritable(cause);
    }
  }

  /** True when a camera frame has its results, or its refusal, in the store. */
  isFinished(cameraFrame: string): boolean {
    return this.#tables.meta.doesExist(['camera', cameraFrame]);
  }

  /** Notes durably that a camera frame is about to be worked on first after a fall; returns how often in a row it was that frame. */
  suspect(cameraFrame: string): number {
    return this.#tables.root.transactionSync(() => {
      this.#requireOwnBoot();
      const last = this.#tables.meta.get('suspect') as { name: string; falls: number } | undefined;
      const falls = last?.name === cameraFrame ? last.falls + 1 : 1;
      this.#tables.meta.putSync('suspect', { name: cameraFrame, falls });
      return falls;
    });
  }

  /** Bytes of a frame; 'gone' when it is not there any more, 'damaged' when its CRC fails. */
  read(key: FrameKey): Buffer | 'gone' | 'damaged' {
    const bytes = this.#tables.frames.getBinary(tupleOf(key));
    if (bytes === undefined) return 'gone';
    return frameIsIntact(bytes) ? bytes : 'damaged';
  }

  /** Lanes that hold frames, the first to be sent first. */
  lanes(): Lane[] {
    return this.#books.lanes();
  }

  /** Up to `limit` keys of a lane in send order, after a given one. */
  keysAfter({ rank, stream }: Lane, after: FrameKey | undefined, limit: number): FrameKey[] {
    const start = after === undefined ? [rank, stream] : tupleOf(after);
    return this.#keys({ start, end: [rank, stream + 1], exclusiveStart: after !== undefined, limit });
  }

  /** Up to `limit` keys of a lane within a range. */
  keysWithin({ rank, stream }: Lane, { boot, first, last, ...range }: StreamRange, limit: number): FrameKey[] {
    if (range.stream !== stream) return [];
    return this.#keys({
      start: [rank, stream, boot, first],
      end: [rank, stream, boot, last],
      inclusiveEnd: true,
      limit,
    });
  }

  /** Last sequence given per boot and stream, newest boot first, at most `limit`. */
  extents(limit = Number.POSITIVE_INFINITY): Extent[] {
    return this.#ledger.extents(limit);
  }

  /** Ranges that were evicted unsent, newest boot first, at most `limit`; those that touch `asked` before all others. */
  dropped(limit = Number.POSITIVE_INFINITY, asked: readonly StreamRange[] = []): StreamRange[] {
    return this.#ledger.dropped(limit, asked);
  }

  /** True when any sequence of a range was evicted unsent. */
  hasDropped(range: StreamRange): boolean {
    return this.#ledger.hasDropped(range);
  }

  /** Closes. `clean` says that this was a stop and not a fall. */
  async close(clean: boolean): Promise<void> {
    try {
      if (clean) {
        this.#tables.root.transactionSync(() => {
          this.#requireOwnBoot();
          this.#books.state.running = false;
          this.#books.save();
        });
      }
    } catch (cause) {
      throw this.#unwritable(cause);
    } finally {
      await this.#tables.root.close();
    }
  }

  #put(draft: FrameDraft): FrameKey {
    const stream = streamIndex(DICTIONARY, draft.stream);
    const sequence = this.#ledger.nextSequence(this.boot, stream);
    const bytes = encodeFrame(DICTIONARY, { ...draft, boot: this.boot, sequence });
    const key = { rank: rankOf(DICTIONARY, stream, draft.values), stream, boot: this.boot, sequence };
    this.#tables.frames.putSync(tupleOf(key), bytes);
    this.#books.count(key, 1, bytes.length);
    this.#books.totals.stored++;
    return key;
  }

  #deleteArchived(range: StreamRange): number {
    let deleted = 0;
    for (const lane of this.lanes()) {
      for (const key of this.keysWithin(lane, range, Number.MAX_SAFE_INTEGER)) if (this.#remove(key)) deleted++;
    }
    this.#books.totals.acknowledged += deleted;
    return deleted;
  }

  /** Makes room: the last lane first, its oldest frame first. */
  #evict(): number {
    let evicted = 0;
    for (let over = this.waiting; over.frames > this.#limits.frames || over.bytes > this.#limits.bytes; evicted++) {
      const lane = this.lanes().at(-1);
      const [oldest] = lane === undefined ? [] : this.keysAfter(lane, undefined, 1);
      if (oldest === undefined || !this.#drop(oldest)) break;
      over = this.waiting;
    }
    return evicted;
  }

  #drop(key: FrameKey): boolean {
    if (!this.#remove(key)) return false;
    this.#ledger.addDropped(key);
    this.#books.totals.dropped++;
    return true;
  }

  #remove(key: FrameKey): boolean {
    const bytes = this.#tables.frames.getBinaryFast(tupleOf(key))?.length;
    if (bytes === undefined) return false;
    this.#tables.frames.removeSync(tupleOf(key));
    this.#books.count(key, -1, -bytes);
    return true;
  }

  #keys(options: {
    start: number[];
    end: number[];
    exclusiveStart?: boolean;
    inclusiveEnd?: boolean;
    limit: number;
  }): FrameKey[] {
    return Array.from(this.#tables.frames.getKeys(options), keyOf);
  }

  #requireOwnBoot(): void {
    const { bootOnDisk } = this.#books;
    if (bootOnDisk === this.boot) return;
    throw new StoreTakenError({
      what: `another runtime has opened the store (boot ${bootOnDisk}, ours is ${this.boot})`,
      where: this.dir,
      remedy: 'Run one runtime a store; this one has to end',
    });
  }

  #load(): void {
    this.#books.load();
    this.#ledger.load();
  }

  /** Memory follows the disk, where an aborted transaction has changed nothing. */
  #reload(): void {
    try {
      this.#load();
    } catch (cause) {
      throw this.#unwritable(cause);
    }
  }

  /** The ground has all of a boot of which nothing waits, but for what it was told was dropped. */
  #forgetOldBoots(): void {
    for (const { boot, stream } of this.extents()) {
      if (boot > this.#books.state.boot - BOOTS_KEPT) continue;
      const all = { boot, stream, first: 1, last: Number.MAX_SAFE_INTEGER };
      if (this.lanes().some((lane) => this.keysWithin(lane, all, 1).length > 0)) continue;
      this.#ledger.forget(boot, stream);
    }
  }

  #unwritable(cause: unknown): Error {
    // what does not fit the dictionary is the caller's business; the disk is not at fault
    if (cause instanceof NadirError || cause instanceof LinkError) return cause;
    return new NadirError({
      what: `the store cannot be read or written (${messageOf(cause)})`,
      where: this.dir,
      remedy: 'Free space on its disk, check that it is writable and whole, and start again',
      cause,
    });
  }
}
