/**
 * The archive: one DuckDB file. Its commit is the custody point: what `commit` has returned from is on disk, over a kill of the
 * ground at any instant, and only then may it be acknowledged.
 */
import { existsSync } from 'node:fs';
import { mkdir, realpath } from 'node:fs/promises';
import { join } from 'node:path';
import { type DuckDBAppender, type DuckDBConnection, DuckDBInstance, type DuckDBValue } from '@duckdb/node-api';
import { messageOf, NadirError } from '../base/index.ts';
import type { Gap } from './ledger.ts';
import { appendBirth, appendFrame, appendRefused, type Refused } from './rows.ts';
import { ARCHIVE_FORMAT, TABLES, TOTALS, viewStatements } from './schema.ts';
import type { ReceivedFrame } from './verify.ts';

/** Refused payloads that are kept; further ones are only counted. */
const MOST_QUARANTINED = 10_000;

/** Counts that the archive keeps over restarts. */
export type Totals = Readonly<Record<(typeof TOTALS)[number], number>>;

/** What one commit writes, all of it or nothing. */
export interface Batch {
  /** New frames: the caller has removed duplicates. */
  readonly frames: readonly ReceivedFrame[];
  readonly births: readonly ReceivedFrame[];
  readonly refused: readonly Refused[];
  /** Gaps that are new or changed. */
  readonly gaps: readonly Gap[];
  /** Added to the totals. */
  readonly totals: Totals;
}

/** The part of the archive that ingest writes through. */
export interface ArchiveWriter {
  /** Row that the next frame will get. */
  readonly nextRow: number;
  /** Writes a batch. When it has returned, the batch is durable; when it throws, ask `framesFrom` what is there. */
  commit(batch: Batch): Promise<void>;
  /** Keys of the frames in rows from `row` on. */
  framesFrom(row: number): Promise<FrameKey[]>;
}

/** What names a frame within its mission. */
export interface FrameKey {
  readonly craft: string;
  readonly boot: number;
  readonly stream: string;
  readonly sequence: number;
}

/**
 * Folders whose archive this process has open. The database locks its file against other processes only, and closing a second opening
 * of it here would drop that lock.
 */
const opened = new Set<string>();

/** A row of a query, as JavaScript values. */
export type Row = Record<string, unknown>;

/** Path of the archive's file in its folder. */
function archivePath(dir: string): string {
  return join(dir, 'archive.duckdb');
}

/** An open archive of one mission. */
export class Archive implements ArchiveWriter {
  readonly mission: string;
  readonly #folder: string;
  readonly #instance: DuckDBInstance;
  readonly #writer: DuckDBConnection;
  readonly #reader: DuckDBConnection;
  #nextRow = 1;
  #quarantined = 0;

  private constructor(
    of: { mission: string; real: string },
    instance: DuckDBInstance,
    writer: DuckDBConnection,
    reader: DuckDBConnection,
  ) {
    this.mission = of.mission;
    this.#folder = of.real;
    this.#instance = instance;
    this.#writer = writer;
    this.#reader = reader;
  }

  get nextRow(): number {
    return this.#nextRow;
  }

  /** Opens the archive in `dir`, made when missing, for one mission. A run that was killed is recovered from the write-ahead log. */
  static async open(dir: string, mission: string): Promise<Archive> {
    await mkdir(dir, { recursive: true });
    return Archive.#connect(dir, mission);
  }

  /** Opens an archive to read it only. Throws a NadirError when there is none or a running ground holds it. */
  static async openToRead(dir: string): Promise<Archive> {
    const path = archivePath(dir);
    if (!existsSync(path)) {
      throw new NadirError({ what: 'no archive', where: path, remedy: 'Give the --archive DIR of "nadir ground"' });
    }
    return Archive.#connect(dir, undefined);
  }

  static async #connect(dir: string, mission: string | undefined): Promise<Archive> {
    const path = archivePath(dir);
    const real = await realpath(dir);
    if (opened.has(real)) throw inUse(path);
    opened.add(real);
    let instance: DuckDBInstance | undefined;
    try {
      instance = await DuckDBInstance.create(path, {
        ...{ threads: '1', memory_limit: '512MB', max_temp_directory_size: '4GB' },
        ...{ autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' },
        ...(mission === undefined ? { access_mode: 'READ_ONLY' } : {}),
      });
      const writer = await instance.connect();
      if (mission !== undefined) await prepare(writer, path, mission);
      const [about] = await rows(writer, "SELECT value FROM about WHERE key = 'mission'");
      const archive = new Archive({ mission: String(about.value), real }, instance, writer, await instance.connect());
      const [last] = await rows(writer, 'SELECT coalesce(max(row), 0)::DOUBLE AS row FROM frames');
      const [quarantined] = await rows(writer, 'SELECT count(*)::DOUBLE AS n FROM quarantine');
      archive.#nextRow = Number(last.row) + 1;
      archive.#quarantined = Number(quarantined.n);
      return archive;
    } catch (cause) {
      instance?.closeSync();
      opened.delete(real);
      if (cause instanceof NadirError) throw cause;
      const reason = messageOf(cause);
      if (reason.includes('Could not set lock')) throw inUse(path, cause);
      throw new NadirError({
        what: `cannot open archive (${reason.slice(0, 160)})`,
        where: path,
        remedy: 'Check permissions and free disk, or give another --archive DIR',
        cause,
      });
    }
  }

  /** Rows of a query on the reading connection, which sees committed data only. */
  query(sql: string, values: DuckDBValue[] = []): Promise<Row[]> {
    return rows(this.#reader, sql, values);
  }

  /** Runs a statement that gives no rows, such as COPY. */
  async run(sql: string): Promise<void> {
    await this.#reader.run(sql);
  }

  async commit(batch: Batch): Promise<void> {
    const connection = this.#writer;
    const room = Math.max(0, MOST_QUARANTINED - this.#quarantined);
    const refused = batch.refused.slice(0, room);
    await connection.run('BEGIN');
    try {
      const { mission } = this;
      const firstRow = this.#nextRow;
      await this.#append('frames', batch.frames, (to, frame, i) => appendFrame(to, mission, firstRow + i, frame));
      await this.#append('births', batch.births, (to, birth) => appendBirth(to, mission, birth));
      await this.#append('quarantine', refused, appendRefused);
      for (const gap of batch.gaps) {
        await connection.run('INSERT OR REPLACE INTO gaps VALUES ($1,$2,$3,$4,$5,$6,$7,$8,$9,$10,$11,$12)', [
          ...[BigInt(gap.id), gap.craft, BigInt(gap.boot), gap.stream, BigInt(gap.first), BigInt(gap.last), gap.state],
          ...[BigInt(gap.missing), gap.openedMs, BigInt(gap.asks), gap.askedMs, gap.closedMs],
        ]);
      }
      for (const name of TOTALS) {
        if (batch.totals[name] === 0) continue;
        await connection.run('UPDATE totals SET value = value + $1 WHERE name = $2', [batch.totals[name], name]);
      }
      await connection.run('COMMIT');
    } catch (thrown) {
      await connection.run('ROLLBACK').catch(() => {}); // the transaction may be gone already
      throw thrown;
    }
    this.#nextRow += batch.frames.length;
    this.#quarantined += refused.length;
  }

  async framesFrom(row: number): Promise<FrameKey[]> {
    const found = await this.query(
      'SELECT craft, boot::DOUBLE AS boot, stream, sequence::DOUBLE AS sequence, row::DOUBLE AS row FROM frames WHERE row >= $1',
      [BigInt(row)],
    );
    this.#nextRow = found.reduce((next, { row: at }) => Math.max(next, Number(at) + 1), this.#nextRow);
    return found.map(({ craft, boot, stream, sequence }) => ({
      ...{ craft: String(craft), boot: Number(boot), stream: String(stream), sequence: Number(sequence) },
    }));
  }

  /** Folds the write-ahead log in and closes the file. */
  close(): void {
    this.#reader.closeSync();
    this.#writer.closeSync();
    this.#instance.closeSync();
    opened.delete(this.#folder);
  }

  async #append<T>(table: string, items: readonly T[], append: (to: DuckDBAppender, item: T, i: number) => void) {
    if (items.length === 0) return;
    const appender = await this.#writer.createAppender(table);
    for (let i = 0; i < items.length; i++) {
      append(appender, items[i], i);
      appender.endRow();
    }
    appender.closeSync();
  }
}

/** Makes tables and views, and checks that the archive is of this mission and format. */
async function prepare(connection: DuckDBConnection, path: string, mission: string): Promise<void> {
  await connection.run(TABLES);
  const about = new Map((await rows(connection, 'SELECT key, value FROM about')).map(({ key, value }) => [key, value]));
  if (about.size === 0) {
    await connection.run("INSERT INTO about VALUES ('format', $1), ('mission', $2)", [String(ARCHIVE_FORMAT), mission]);
    for (const name of TOTALS) await connection.run('INSERT OR IGNORE INTO totals VALUES ($1, 0)', [name]);
  } else if (about.get('mission') !== mission || about.get('format') !== String(ARCHIVE_FORMAT)) {
    throw new NadirError({
      what: `archive is of mission ${about.get('mission')}, format ${about.get('format')}`,
      where: path,
      remedy: `Give another --archive DIR for mission ${mission}`,
      exitCode: 2,
    });
  }
  for (const statement of viewStatements()) await connection.run(statement);
}

function inUse(path: string, cause?: unknown): NadirError {
  const remedy = 'Stop the "nadir ground" that holds it, or read its --page';
  return new NadirError({ what: 'archive is in use', where: path, remedy, cause });
}

async function rows(connection: DuckDBConnection, sql: string, values: DuckDBValue[] = []): Promise<Row[]> {
  return (await connection.runAndReadAll(sql, values)).getRowObjectsJS();
}
