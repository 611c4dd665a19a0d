/** The fixture of test/oracles/embedding_shards.py as files, and shards read whole. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type EmbeddingShards, openShards } from '../../../sdk/concepts/shards/index.ts';

interface Fixture {
  readonly rows: number;
  readonly d: number;
  readonly values: readonly number[];
  readonly forms: Readonly<Record<string, string>>;
  readonly wrong: Readonly<Record<string, string>>;
}

const FIXTURE: Fixture = JSON.parse(
  readFileSync(new URL('../../fixtures/embedding-shards.json', import.meta.url), 'utf8'),
);

export const { rows: ROWS, d: D } = FIXTURE;
/** [ROWS, D]. */
export const VALUES = Float32Array.from(FIXTURE.values);
export const FORMS: readonly string[] = Object.keys(FIXTURE.forms);

export function newFolder(): string {
  return mkdtempSync(join(tmpdir(), 'nadir-shards-'));
}

/** Bytes of a shard of the fixture. */
export function bytesOf(name: string): Buffer {
  return Buffer.from(FIXTURE.forms[name] ?? FIXTURE.wrong[name], 'base64');
}

/** Writes a shard of the fixture, or what is made of it. */
export function put(folder: string, name: string, bytes: Uint8Array = bytesOf(name)): string {
  const path = join(folder, name);
  writeFileSync(path, bytes);
  return path;
}

/** Rows in pieces of at most `maxRows`, as they come. */
export async function readAll(shards: EmbeddingShards, maxRows = shards.rows): Promise<Float32Array> {
  const values: number[] = [];
  for (const piece of shards.pieces(maxRows)) for await (const block of shards.read(piece)) values.push(...block);
  return Float32Array.from(values);
}

/** Opens, reads all and closes. */
export async function readOnce(path: string | readonly string[], maxRows?: number): Promise<Float32Array> {
  const shards = await openShards(path);
  try {
    return await readAll(shards, maxRows);
  } finally {
    await shards.close();
  }
}
