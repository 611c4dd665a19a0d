/**
 * How the store lies in LMDB. Table `frames`: [rank, stream, boot, sequence] → the frame's bytes, so that key order is send order.
 * Table `meta`: `state` → StoreState; ['extent', boot, stream] → last sequence given; ['dropped', boot, stream, first] → last;
 * ['camera', name] → outcome.
 */
import { closeSync, existsSync, openSync, readSync } from 'node:fs';
import { join } from 'node:path';
import { open, type RootDatabase } from 'lmdb';
import type { Dictionary, FieldValues } from '../link/index.ts';

const MAGIC = 0xbeefc0de;
const MAGIC_AT = 24;

/** Layers of a result that are told apart in the send order. */
const LAYERS = 16;

/** Frames of one stream and one rank: in a lane, new frames always come last. */
export interface Lane {
  /** Lower is sent first: stream priority, then layer. */
  readonly rank: number;
  /** Index of the stream in the dictionary. */
  readonly stream: number;
}

/** Where a stored frame is. */
export interface FrameKey extends Lane {
  readonly boot: number;
  readonly sequence: number;
}

/** How a camera frame ended. It is never worked on again. */
export type CameraOutcome = 'done' | 'failed' | 'ignored';

/** Numbers that only grow, since launch. */
export interface StoreTotals {
  /** Frames that were given a sequence. */
  readonly stored: number;
  /** Frames deleted because the ground has them. */
  readonly acknowledged: number;
  /** Frames evicted unsent. */
  readonly dropped: number;
  /** Frames lost to damage of the store's medium; also counted in `dropped`. */
  readonly damaged: number;
  readonly done: number;
  readonly failed: number;
  readonly ignored: number;
}

/** Frames and bytes that wait in a lane. */
export interface Pending extends Lane {
  readonly frames: number;
  readonly bytes: number;
}

/** The part of the store that every change rewrites. */
export interface StoreState {
  /** Grows with every opening for writing. */
  readonly boot: number;
  /** True from opening to a clean close. */
  readonly running: boolean;
  /** Counter of the last uplink message accepted. */
  readonly commandCounter: number;
  /** Highest sequence of a bundle that has flown. */
  readonly bundleSequence: number;
  /** Mode that the ground commanded, kept over reboots. */
  readonly commandedMode: 'nominal' | 'safe';
  readonly totals: StoreTotals;
  readonly pending: readonly Pending[];
}

export const EMPTY_STATE: StoreState = {
  boot: 0,
  running: false,
  commandCounter: 0,
  bundleSequence: 0,
  commandedMode: 'nominal',
  totals: { stored: 0, acknowledged: 0, dropped: 0, damaged: 0, done: 0, failed: 0, ignored: 0 },
  pending: [],
};

export type FrameTuple = [rank: number, stream: number, boot: number, sequence: number];

export function tupleOf({ rank, stream, boot, sequence }: FrameKey): FrameTuple {
  return [rank, stream, boot, sequence];
}

export function keyOf([rank, stream, boot, sequence]: FrameTuple): FrameKey {
  return { rank, stream, boot, sequence };
}

/** Rank of a frame: all first layers go before all second ones. */
export function rankOf(dictionary: Dictionary, stream: number, values: FieldValues): number {
  const layer = typeof values.layer === 'number' ? Math.min(values.layer, LAYERS - 1) : 0;
  return dictionary.streams[stream].priority * LAYERS + layer;
}

/** Opens the environment. Commits are synced before they are visible: what anybody sees survives a power cut. */
export function openTables(dir: string, readOnly: boolean) {
  requireHeader(join(dir, 'data.mdb'));
  // noSubdir false: a folder name with a dot in it is still a folder
  const root: RootDatabase = open({
    path: dir,
    noSubdir: false,
    overlappingSync: false,
    readOnly,
    maxDbs: 4,
    maxReaders: 32,
  });
  const frames = root.openDB<Buffer, FrameTuple>({ name: 'frames', encoding: 'binary' });
  const meta = root.openDB<unknown, string | (string | number)[]>({ name: 'meta', encoding: 'json' });
  return { root, frames, meta };
}

/** The LMDB library dies of a file that is none of its own, so its magic number (after the header of page 0) is looked at first. */
function requireHeader(path: string): void {
  if (!existsSync(path)) return;
  const head = Buffer.alloc(MAGIC_AT + 4);
  const file = openSync(path, 'r');
  try {
    const found = readSync(file, head, 0, head.length, 0);
    // a fall right after its making leaves an empty file, which LMDB begins anew
    if (found !== 0 && (found < head.length || head.readUInt32LE(MAGIC_AT) !== MAGIC)) {
      throw new Error(`${path} is not an LMDB file`);
    }
  } finally {
    closeSync(file);
  }
}

export type Tables = ReturnType<typeof openTables>;
