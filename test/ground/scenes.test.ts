/** Scenes and exports out of a real archive that was filled frame by frame. */
import { DuckDBInstance } from '@duckdb/node-api';
import { expect, test } from 'vitest';
import { Archive } from '../../sdk/ground/archive.ts';
import { exportArchive } from '../../sdk/ground/export.ts';
import { type ConceptReader, joinLayers, type Layer, readScenes } from '../../sdk/ground/scenes.ts';
import { readArchiveStatus } from '../../sdk/ground/status.ts';
import { DICTIONARY, decodeFrame, encodeConcepts } from '../../sdk/link/index.ts';
import { Board, MISSION, type Stored, temporaryFolder } from './board.ts';

const NO_TOTALS = { duplicatesDropped: 0, quarantined: 0, receivedBytes: 0 };
const READER: ConceptReader = {
  latentCount: 8,
  nameOf: (latent) => (latent === 3 ? 'river' : undefined),
  embed({ latents, values }) {
    const embedding = new Float32Array(8);
    for (let i = 0; i < latents.length; i++) embedding[latents[i]] += values[i];
    return embedding;
  },
};

async function commit(archive: Archive, craft: string, stored: readonly Stored[]): Promise<void> {
  const frames = stored.map(({ bytes }) => ({ craft, frame: decodeFrame(DICTIONARY, bytes), bytes, receivedMs: 5 }));
  await archive.commit({ frames, births: [], refused: [], gaps: [], totals: NO_TOTALS });
}

function concepts(board: Board, source: string, layer: number, layers: number, code: Uint8Array): Stored {
  return board.make('concepts', { source, layer, layers, code, latency: 1 });
}

test('a scene is decoded as far as its layers join: named concepts, an approximate embedding, the newest scene first', async () => {
  const archive = await Archive.open(await temporaryFolder(), MISSION);
  const board = new Board('sat');
  const code = encodeConcepts({ latents: Uint32Array.of(3, 5, 1), values: Float32Array.of(4, 2, 1) }, 8);
  const [a, b, c] = [code.subarray(0, 2), code.subarray(2, 3), code.subarray(3)];
  await commit(archive, 'sat', [
    board.soil('old', [7, 8]),
    concepts(board, 'new', 2, 3, c),
    concepts(board, 'new', 0, 3, a),
    board.soil('new', [1.25, -2]),
  ]);
  const [scene, old] = await readScenes(archive, { concepts: READER });
  expect(scene).toMatchObject({
    craft: 'sat',
    source: 'new',
    estimate: [1.25, -2],
    layersJoined: 1,
    layersTotal: 3,
    codeBytes: 2,
  });
  expect(scene.concepts).toEqual([{ latent: 3, name: 'river', activation: 4 }]);
  expect(old).toMatchObject({ source: 'old', estimate: [7, 8], layersJoined: 0, layersTotal: 0 });
  expect(old.concepts).toBeUndefined();

  await commit(archive, 'sat', [concepts(board, 'new', 1, 3, b)]);
  const [whole] = await readScenes(archive, { newest: 1, concepts: READER });
  expect(whole).toMatchObject({ layersJoined: 3, codeBytes: code.length });
  expect(whole.concepts?.map(({ latent }) => latent)).toEqual([3, 5, 1]);
  expect([...(whole.embedding ?? [])]).toEqual([0, 1, 0, 4, 0, 2, 0, 0]);
  expect(
    await archive.query(
      'SELECT source, layers_joined::INT AS j, layers_total::INT AS t, estimate FROM scenes ORDER BY row',
    ),
  ).toEqual([
    { source: 'old', j: 0, t: 0, estimate: [7, 8] },
    { source: 'new', j: 3, t: 3, estimate: [1.25, -2] },
  ]);
  archive.close();
});

test('layers of two boots are never mixed: the boot that came further wins', () => {
  const layer = (boot: number, row: number, index: number, text: string): Layer => ({
    ...{ boot, row, layer: index, layers: 3, code: Buffer.from(text) },
  });
  const joined = joinLayers([
    layer(1, 1, 0, 'a'),
    layer(2, 2, 1, 'X'),
    layer(1, 3, 1, 'b'),
    layer(2, 4, 0, 'Y'),
    layer(2, 5, 2, 'Z'),
  ]);
  expect({ ...joined, code: Buffer.from(joined.code).toString() }).toEqual({ code: 'YXZ', joined: 3, total: 3 });
  expect(joinLayers([layer(1, 1, 1, 'a')])).toMatchObject({ joined: 0, total: 3 });
  expect(joinLayers([])).toMatchObject({ joined: 0, total: 0 });
});

test('Parquet files hold what the archive holds, typed by the dictionary, frame for frame', async () => {
  const dir = await temporaryFolder();
  const archive = await Archive.open(dir, MISSION);
  const boards = [new Board('sat-a'), new Board('sat-b', 4)];
  for (const board of boards) {
    for (let i = 0; i < 50; i++) {
      await commit(archive, board.craft, [
        board.soil(`s${i}`, [i / 3, -i]),
        concepts(board, `s${i}`, 0, 1, Uint8Array.of(i, 0, 255)),
        board.event(`e"'${i}`),
      ]);
    }
  }
  archive.close();
  const out = `${await temporaryFolder()}/it's out`;
  const files = await exportArchive(dir, out);
  expect(Object.fromEntries(files.map(({ stream, rows }) => [stream, rows]))).toMatchObject({
    soil: 100,
    concepts: 100,
    event: 100,
    health: 0,
  });
  const instance = await DuckDBInstance.create(':memory:');
  const reader = await instance.connect();
  const read = async (stream: string) => {
    const path = `${out}/${stream}.parquet`.replaceAll("'", "''");
    return (await reader.runAndReadAll(`SELECT * FROM read_parquet('${path}')`)).getRowObjectsJS();
  };
  for (const stream of ['soil', 'concepts', 'event']) {
    const rows = await read(stream);
    const expected = boards.flatMap(({ craft, store }) =>
      [...store.values()].filter((stored) => stored.stream === stream).map((stored) => ({ craft, ...stored })),
    );
    expect(rows).toHaveLength(expected.length);
    for (let i = 0; i < rows.length; i++) {
      const { craft, boot, sequence, bytes } = expected[i];
      const frame = decodeFrame(DICTIONARY, bytes);
      expect(rows[i]).toMatchObject({ craft, boot: BigInt(boot), sequence: BigInt(sequence), time_ms: frame.timeMs });
      expect(Buffer.from(rows[i].frame as Uint8Array).equals(bytes)).toBe(true);
      for (const { name, type } of DICTIONARY.streams.find((s) => s.name === stream)?.fields ?? []) {
        const value = rows[i][name];
        expect(type === 'uint' ? Number(value) : value).toEqual(frame.values[name]);
      }
    }
  }
  reader.closeSync();
  instance.closeSync();
});

test('the status of a closed archive counts what it holds; twice archived is measured, not assumed', async () => {
  const dir = await temporaryFolder();
  const archive = await Archive.open(dir, MISSION);
  const board = new Board('sat');
  const frames = [board.soil('a'), board.soil('b'), board.soil('c')];
  await commit(archive, 'sat', [frames[0], frames[2]]);
  archive.close();
  expect(await readArchiveStatus(dir)).toMatchObject({
    ...{
      mission: MISSION,
      archived: 2,
      duplicatesArchived: 0,
      gaps: 1,
      bytes: frames[0].bytes.length + frames[2].bytes.length,
    },
    crafts: [{ craft: 'sat', link: 'unknown', boots: [1], perStream: { soil: { archived: 2, expected: 3, gaps: 1 } } }],
  });
  const broken = await Archive.open(dir, MISSION);
  await commit(broken, 'sat', [frames[0]]); // what ingest never does
  broken.close();
  expect((await readArchiveStatus(dir)).duplicatesArchived).toBe(1);
  await expect(readArchiveStatus(`${dir}/none`)).rejects.toThrow(/no archive: .*Give the --archive DIR/);
});
