import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { auditFlight } from '../../sim/audit.ts';

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'nadir-audit-'));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

async function archiveOf(name: string, rows: readonly [boot: number, stream: string, sequence: number][]) {
  const path = join(folder, `${name}.duckdb`);
  const instance = await DuckDBInstance.create(path);
  const connection = await instance.connect();
  await connection.run('CREATE TABLE frames (craft VARCHAR, boot BIGINT, stream VARCHAR, sequence BIGINT)');
  for (const row of rows) await connection.run("INSERT INTO frames VALUES ('a', $1, $2, $3)", [...row]);
  connection.closeSync();
  instance.closeSync();
  return path;
}

const store = {
  extents: [
    { boot: 1, stream: 'soil', last: 3 },
    { boot: 2, stream: 'soil', last: 1 },
    { boot: 2, stream: 'event', last: 2 },
  ],
};
const WHOLE: [number, string, number][] = [
  [1, 'soil', 1],
  [1, 'soil', 2],
  [1, 'soil', 3],
  [2, 'soil', 1],
  [2, 'event', 1],
  [2, 'event', 2],
];

test('a whole archive is what the board gave out', async () => {
  const audit = await auditFlight(store, await archiveOf('whole', WHOLE));
  expect(audit).toMatchObject({ produced: 6, archived: 6, duplicatesArchived: 0, gaps: 0, strangers: 0 });
  expect(audit.perStream).toEqual({ soil: { produced: 4, archived: 4 }, event: { produced: 2, archived: 2 } });
});

test('a missing frame, a frame archived twice and a frame that was never given out are each found', async () => {
  const missing = await auditFlight(store, await archiveOf('missing', WHOLE.slice(1)));
  expect(missing).toMatchObject({ produced: 6, archived: 5, duplicatesArchived: 0, gaps: 1, strangers: 0 });
  const twice = await auditFlight(store, await archiveOf('twice', [...WHOLE, [1, 'soil', 2], [1, 'soil', 2]]));
  expect(twice).toMatchObject({ produced: 6, archived: 6, duplicatesArchived: 2, gaps: 0, strangers: 0 });
  const stranger = await auditFlight(store, await archiveOf('stranger', [...WHOLE, [1, 'soil', 4], [3, 'ack', 1]]));
  expect(stranger).toMatchObject({ produced: 6, archived: 6, duplicatesArchived: 0, gaps: 0, strangers: 2 });
});
