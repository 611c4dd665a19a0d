/**
 * The books of a flight, kept by nobody who flew: what the board's store says it gave out against what the archive's own database
 * holds, frame by frame. Reads both at rest, by their files, and trusts no count that either kept in memory.
 */
import { DuckDBInstance } from '@duckdb/node-api';
import { DICTIONARY } from '../sdk/link/index.ts';
import type { StoreStatus } from '../sdk/onboard/index.ts';

/** The outcome: nothing is lost when `archived` equals `produced` and the rest is 0. */
export interface Audit {
  /** Frames that were given a sequence on board, in streams that are kept until acknowledged. */
  readonly produced: number;
  /** Different frames of those in the archive. */
  readonly archived: number;
  /** Rows of the archive beyond the first of each frame. */
  readonly duplicatesArchived: number;
  /** Sequences given on board that the archive does not hold. */
  readonly gaps: number;
  /** Rows of the archive that the board never gave out. */
  readonly strangers: number;
  readonly perStream: Readonly<Record<string, { readonly produced: number; readonly archived: number }>>;
}

/** Compares a store with an archive file that no process holds open. */
export async function auditFlight(store: Pick<StoreStatus, 'extents'>, archivePath: string): Promise<Audit> {
  const kept = new Set(DICTIONARY.streams.filter(({ custody }) => custody).map(({ name }) => name));
  const rows = await countRows(archivePath);
  const perStream: Record<string, { produced: number; archived: number }> = {};
  let duplicatesArchived = 0;
  let known = 0;
  for (const { boot, stream, last } of store.extents) {
    if (!kept.has(stream)) continue;
    const sum = perStream[stream] ?? { produced: 0, archived: 0 };
    sum.produced += last;
    for (const row of rows) {
      if (row.boot !== boot || row.stream !== stream || row.sequence < 1 || row.sequence > last) continue;
      sum.archived++;
      known += row.count;
      duplicatesArchived += row.count - 1;
    }
    perStream[stream] = sum;
  }
  const produced = Object.values(perStream).reduce((sum, one) => sum + one.produced, 0);
  const archived = Object.values(perStream).reduce((sum, one) => sum + one.archived, 0);
  const strangers = rows.reduce((sum, { count }) => sum + count, 0) - known;
  return { produced, archived, duplicatesArchived, gaps: produced - archived, strangers, perStream };
}

interface KeyCount {
  readonly boot: number;
  readonly stream: string;
  readonly sequence: number;
  readonly count: number;
}

async function countRows(path: string): Promise<KeyCount[]> {
  const instance = await DuckDBInstance.create(path, { access_mode: 'READ_ONLY', threads: '1' });
  try {
    const connection = await instance.connect();
    const reader = await connection.runAndReadAll(
      `SELECT boot::DOUBLE AS boot, stream, sequence::DOUBLE AS sequence, count(*)::DOUBLE AS n
       FROM frames GROUP BY craft, boot, stream, frames.sequence`,
    );
    const rows = reader.getRowObjectsJS();
    connection.closeSync();
    return rows.map(({ boot, stream, sequence, n }) => ({
      boot: Number(boot),
      stream: String(stream),
      sequence: Number(sequence),
      count: Number(n),
    }));
  } finally {
    instance.closeSync();
  }
}
