/** The archive as Parquet: one file a stream with typed columns, and the gaps and refused payloads beside them. */
import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import { messageOf, NadirError } from '../base/index.ts';
import { Archive } from './archive.ts';
import { archivedStreams, viewOf } from './schema.ts';

/** A file of an export. */
export interface ExportedFile {
  /** Stream, or `birth`, `gaps`, `quarantine`. */
  readonly stream: string;
  readonly path: string;
  readonly rows: number;
}

/** Exports the archive in `dir`, which no ground may hold, to `out`. */
export async function exportArchive(dir: string, out: string): Promise<ExportedFile[]> {
  const archive = await Archive.openToRead(dir);
  try {
    return await exportTables(archive, out);
  } finally {
    archive.close();
  }
}

/** Exports an open archive: streams in order of craft, boot and sequence. A file appears whole or not at all. */
export async function exportTables(archive: Archive, out: string): Promise<ExportedFile[]> {
  const tables = [
    ...archivedStreams().map(({ name }) => ({ stream: name, from: viewOf(name), order: 'craft, boot, sequence' })),
    { stream: 'birth', from: 'births', order: 'craft, boot, session, received_ms' },
    { stream: 'gaps', from: 'gaps', order: 'id' },
    { stream: 'quarantine', from: 'quarantine', order: 'received_ms' },
  ];
  await mkdir(out, { recursive: true });
  const files: ExportedFile[] = [];
  for (const { stream, from, order } of tables) {
    const path = join(out, `${stream}.parquet`);
    const beside = `${path}.partial`;
    try {
      const quoted = beside.replaceAll("'", "''");
      await archive.run(
        `COPY (SELECT * FROM ${from} ORDER BY ${order}) TO '${quoted}' (FORMAT parquet, COMPRESSION zstd)`,
      );
      await rename(beside, path);
    } catch (cause) {
      throw new NadirError({
        what: `cannot write Parquet (${messageOf(cause).slice(0, 160)})`,
        where: path,
        remedy: 'Check that the folder is writable and the disk has room',
        cause,
      });
    }
    const [{ n }] = await archive.query(`SELECT count(*)::DOUBLE AS n FROM ${from}`);
    files.push({ stream, path, rows: Number(n) });
  }
  return files;
}
