/** A look into a store from outside, while its runtime runs or after it: what was produced, what waits, what had to go. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { messageOf, NadirError } from '../base/index.ts';
import { DICTIONARY, type StreamRange } from '../link/index.ts';
import { EMPTY_STATE, openTables, type StoreState, type StoreTotals, type Tables } from './store-layout.ts';
import { readDropped, readExtents } from './store-ledger.ts';

/** Frames and bytes that wait for the ground. */
interface Waiting {
  readonly frames: number;
  readonly bytes: number;
}

/** What a store holds and has held. */
export interface StoreStatus {
  /** Boots so far. */
  readonly boot: number;
  /** A runtime has it open, or fell without closing it. */
  readonly running: boolean;
  readonly commandCounter: number;
  readonly totals: StoreTotals;
  readonly waiting: Waiting;
  /** Waiting per stream. */
  readonly pending: Readonly<Record<string, Waiting>>;
  /** Last sequence given per boot and stream: that many frames were produced. */
  readonly extents: readonly { readonly boot: number; readonly stream: string; readonly last: number }[];
  readonly dropped: readonly StreamRange[];
}

/** Reads a store's status without disturbing its runtime. Throws a NadirError where there is no readable store. */
export async function readStoreStatus(dir: string): Promise<StoreStatus> {
  const fault = (what: string, cause?: unknown) =>
    new NadirError({ what, where: dir, remedy: 'Give the folder of the --store that "nadir onboard" ran with', cause });
  if (!existsSync(join(dir, 'data.mdb'))) throw fault('no store here');
  let tables: Tables | undefined;
  try {
    tables = openTables(dir, true);
    const state = (tables.meta.get('state') as StoreState | undefined) ?? EMPTY_STATE;
    return statusOf(state, readExtents(tables.meta), readDropped(tables.meta));
  } catch (cause) {
    throw fault(`the store cannot be read (${messageOf(cause)})`, cause);
  } finally {
    await tables?.root.close();
  }
}

function statusOf(
  state: StoreState,
  extents: readonly { boot: number; stream: number; last: number }[],
  dropped: readonly StreamRange[],
): StoreStatus {
  const pending: Record<string, { frames: number; bytes: number }> = {};
  const waiting = { frames: 0, bytes: 0 };
  for (const { stream, frames, bytes } of state.pending) {
    const name = nameOf(stream);
    pending[name] ??= { frames: 0, bytes: 0 };
    for (const sum of [pending[name], waiting]) {
      sum.frames += frames;
      sum.bytes += bytes;
    }
  }
  const { boot, running, commandCounter, totals } = state;
  const named = extents.map(({ stream, ...rest }) => ({ ...rest, stream: nameOf(stream) }));
  return { boot, running, commandCounter, totals, waiting, pending, extents: named, dropped };
}

function nameOf(stream: number): string {
  return DICTIONARY.streams[stream]?.name ?? `stream ${stream}`;
}
