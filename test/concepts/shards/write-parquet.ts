/** Parquet shards for tests and campaigns, written by DuckDB. */
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';

/** Values of a part of a made-up embedding; an embedding has four. */
const PARTS = 4;
/** Prototypes that each part is one of: 64⁴ different embeddings. */
const PROTOTYPES = 64;

async function withDuckDB(memory: string, work: (run: (sql: string) => Promise<unknown>) => Promise<void>) {
  const instance = await DuckDBInstance.create(':memory:', { threads: '1', memory_limit: memory });
  const connection = await instance.connect();
  try {
    await work((sql) => connection.run(sql));
  } finally {
    connection.closeSync();
    instance.closeSync();
  }
}

/** Writes rows [rows, d] as one shard with a column of lists. */
export async function writeParquet(path: string, data: Float32Array, d: number, groupRows = 100_000): Promise<void> {
  // as text, which is read as float32 at once: a number of SQL would be a decimal first
  const lists = Array.from(
    { length: data.length / d },
    (_, row) => `('[${data.subarray(row * d, (row + 1) * d).join()}]')`,
  );
  await withDuckDB('256MB', async (run) => {
    await run(
      `COPY (SELECT e::FLOAT[] AS embedding FROM (VALUES ${lists.join()}) t(e)) TO '${path}' (FORMAT parquet, ROW_GROUP_SIZE ${groupRows})`,
    );
  });
}

export interface MadeUp {
  readonly rows: number;
  /** A multiple of 4. */
  readonly d: number;
  readonly shardRows: number;
  readonly groupRows: number;
  readonly seed: number;
  readonly onShard?: (rows: number) => void;
}

/**
 * Writes made-up embeddings as shards of a folder: each a row of four prototypes side by side, drawn by a hash of its number, so that 256
 * directions explain them all; zstd finds the repetitions, so that they take little disk, while each row is read as d values.
 */
export async function writeMadeUpShards(folder: string, { rows, d, shardRows, groupRows, seed, onShard }: MadeUp) {
  await withDuckDB('1GB', async (run) => {
    await run(`SELECT setseed(${(seed % 1000) / 1000})`);
    await run(
      `CREATE TABLE prototypes AS SELECT part, p, list((random() + random() + random() - 1.5)::FLOAT ORDER BY j) AS v FROM range(${PARTS}) a(part), range(${PROTOTYPES}) b(p), range(${d / PARTS}) c(j) GROUP BY part, p`,
    );
    const parts = Array.from({ length: PARTS }, (_, part) => part);
    const joins = parts.map(
      (part) =>
        `JOIN prototypes t${part} ON t${part}.part = ${part} AND t${part}.p = (h // ${PROTOTYPES ** part}) % ${PROTOTYPES}`,
    );
    const lists = parts.map((part) => `t${part}.v`).join(' || ');
    for (let first = 0, shard = 0; first < rows; first += shardRows, shard++) {
      const end = Math.min(rows, first + shardRows);
      const path = join(folder, `${String(shard).padStart(5, '0')}.parquet`);
      await run(
        `COPY (SELECT ${lists} AS embedding FROM (SELECT hash(range + ${seed}) AS h FROM range(${first}, ${end})) r ${joins.join(' ')}) TO '${path}' (FORMAT parquet, COMPRESSION zstd, ROW_GROUP_SIZE ${groupRows})`,
      );
      onShard?.(end);
    }
  });
}
