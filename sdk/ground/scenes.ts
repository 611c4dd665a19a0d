/** What the craft saw, scene by scene: the soil estimate, and the concept code as far as its layers have come without a hole. */
import { type ActiveConcepts, decodeConcepts } from '../link/index.ts';
import type { Archive } from './archive.ts';

/** What decodes a concept code: names and a dictionary of directions. Latents are numbered as the code numbers them. */
export interface ConceptReader {
  /** Latents of the code's dictionary. */
  readonly latentCount: number;
  /** Name of a latent that has a valid one. */
  nameOf(latent: number): string | undefined;
  /** Approximate embedding [d] of the given concepts. */
  embed(concepts: ActiveConcepts): Float32Array;
}

/** A concept of a scene. */
export interface SceneConcept {
  readonly latent: number;
  /** Absent for a latent whose name is not valid. */
  readonly name?: string;
  readonly activation: number;
}

/** A scene as far as it has been received. */
export interface Scene {
  readonly craft: string;
  /** Name of the camera frame. */
  readonly source: string;
  /** Newest archive row of it. */
  readonly row: number;
  /** On-board time of the newest frame, milliseconds since 1970. */
  readonly timeMs: number;
  /** One value a target, in the order of the soil model. */
  readonly estimate?: readonly number[];
  /** Layers that join from the first on. */
  readonly layersJoined: number;
  readonly layersTotal: number;
  /** Bytes of the joined layers. */
  readonly codeBytes: number;
  /** Strongest first; absent without a concept model. */
  readonly concepts?: readonly SceneConcept[];
  /** Approximate embedding [d] from what has come. */
  readonly embedding?: Float32Array;
}

/** Which scenes. */
export interface SceneQuery {
  /** The newest so many; all without it. */
  readonly newest?: number;
  readonly concepts?: ConceptReader | undefined;
}

/** One received layer of a scene's code. */
export interface Layer {
  readonly boot: number;
  readonly row: number;
  readonly layer: number;
  readonly layers: number;
  readonly code: Uint8Array;
}

/**
 * Joins layers into the longest prefix of a code. A scene that was worked on in several boots has a code of each: layers of different
 * boots are not mixed, the boot that came furthest wins, the later on a tie. A layer that came twice counts once, the newest.
 */
export function joinLayers(layers: readonly Layer[]): { code: Uint8Array; joined: number; total: number } {
  const boots = new Map<number, Map<number, Layer>>();
  for (const layer of [...layers].sort((a, b) => a.row - b.row)) {
    const of = boots.get(layer.boot) ?? new Map<number, Layer>();
    of.set(layer.layer, layer);
    boots.set(layer.boot, of);
  }
  let best: Layer[] = [];
  let total = 0;
  for (const [, of] of [...boots].sort(([a], [b]) => a - b)) {
    const prefix: Layer[] = [];
    for (let layer = of.get(0); layer; layer = of.get(prefix.length)) prefix.push(layer);
    if (prefix.length < best.length) continue;
    best = prefix;
    total = Math.max(...[...of.values()].map((layer) => layer.layers));
  }
  return { code: Buffer.concat(best.map(({ code }) => code)), joined: best.length, total };
}

/** Scenes out of the archive, newest first. */
export async function readScenes(archive: Archive, { newest, concepts }: SceneQuery = {}): Promise<Scene[]> {
  const rows = await archive.query(
    `WITH parts AS (
        SELECT craft, source, row, boot, time_ms, estimate, NULL::UBIGINT AS layer, NULL::UBIGINT AS layers, NULL::BLOB AS code
        FROM stream_soil
        UNION ALL SELECT craft, source, row, boot, time_ms, NULL, layer, layers, code FROM stream_concepts),
      chosen AS (SELECT craft, source, max(row) AS newest FROM parts GROUP BY craft, source ORDER BY newest DESC LIMIT $1)
    SELECT parts.craft, parts.source, parts.row::DOUBLE AS row, parts.boot::DOUBLE AS boot, time_ms, estimate,
      layer::DOUBLE AS layer, layers::DOUBLE AS layers, code
    FROM parts JOIN chosen USING (craft, source) ORDER BY newest DESC, row`,
    [BigInt(newest ?? Number.MAX_SAFE_INTEGER)],
  );
  const scenes: Scene[] = [];
  for (let from = 0; from < rows.length; ) {
    let to = from + 1;
    while (to < rows.length && rows[to].source === rows[from].source && rows[to].craft === rows[from].craft) to++;
    scenes.push(sceneOf(rows.slice(from, to), concepts));
    from = to;
  }
  return scenes;
}

function sceneOf(rows: readonly Record<string, unknown>[], reader: ConceptReader | undefined): Scene {
  const layers: Layer[] = [];
  let estimate: readonly number[] | undefined;
  for (const { row, boot, layer, layers: of, code, estimate: values } of rows) {
    if (Array.isArray(values)) estimate = values.map(Number);
    if (!(code instanceof Uint8Array)) continue;
    layers.push({ row: Number(row), boot: Number(boot), layer: Number(layer), layers: Number(of), code });
  }
  const { code, joined, total } = joinLayers(layers);
  const last = rows[rows.length - 1];
  const active = reader && joined > 0 ? decodeConcepts(code, reader.latentCount) : undefined;
  return {
    craft: String(last.craft),
    source: String(last.source),
    row: Number(last.row),
    timeMs: Number(last.time_ms),
    ...(estimate ? { estimate } : {}),
    layersJoined: joined,
    layersTotal: total,
    codeBytes: code.length,
    ...(reader && active ? { concepts: named(active, reader), embedding: reader.embed(active) } : {}),
  };
}

function named({ latents, values }: ActiveConcepts, reader: ConceptReader): SceneConcept[] {
  return Array.from(latents, (latent, i) => {
    const name = reader.nameOf(latent);
    return { latent, ...(name === undefined ? {} : { name }), activation: values[i] };
  });
}
