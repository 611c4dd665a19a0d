/** Which rows each latent is active in, gathered from codes as they stream by. */
import type { SaeWeights } from '../sae/index.ts';
import { type SceneCodeOptions, sceneCodes } from './scene-codes.ts';

export interface Activations {
  /** Latents. */
  readonly n: number;
  /** Rows that were encoded. */
  readonly rows: number;
  /** Where the activations of each latent begin, [n + 1]. */
  readonly start: Uint32Array;
  /** Row and value of each activation, latent after latent, within one by rising row. */
  readonly row: Uint32Array;
  readonly value: Float32Array;
}

/** A row's embedding for whoever wants it; valid until the next. */
export type RowVisitor = (row: number, embedding: Float32Array) => void;

/** Gathers the activations of embeddings that come in blocks [m, d]: 24 bytes for each at the peak. */
export async function gatherActivations(
  sae: SaeWeights,
  blocks: AsyncIterable<Float32Array> | Iterable<Float32Array>,
  options: SceneCodeOptions,
  visit: RowVisitor = () => {},
): Promise<Activations> {
  const { n, d } = sae;
  const parts: { latents: Uint32Array; rows: Uint32Array; values: Float32Array }[] = [];
  const start = new Uint32Array(n + 1);
  let encoded = 0;
  for await (const { rows, embeddings, codes } of sceneCodes(sae, blocks, options)) {
    const count = codes.reduce((sum, { latents }) => sum + latents.length, 0);
    const part = { latents: new Uint32Array(count), rows: new Uint32Array(count), values: new Float32Array(count) };
    let at = 0;
    codes.forEach(({ latents, values }, i) => {
      part.latents.set(latents, at);
      part.values.set(values, at);
      part.rows.fill(rows[i], at, at + latents.length);
      at += latents.length;
      visit(rows[i], embeddings.subarray(i * d, (i + 1) * d));
    });
    for (const latent of part.latents) start[latent + 1]++;
    parts.push(part);
    encoded += rows.length;
  }
  for (let latent = 0; latent < n; latent++) start[latent + 1] += start[latent];
  const row = new Uint32Array(start[n]);
  const value = new Float32Array(start[n]);
  const next = start.slice();
  for (let part = parts.shift(); part; part = parts.shift()) {
    const { latents, rows, values } = part;
    for (let i = 0; i < latents.length; i++) {
      const at = next[latents[i]]++;
      row[at] = rows[i];
      value[at] = values[i];
    }
  }
  return { n, rows: encoded, start, row, value };
}

/** Puts the strongest of each latent first, ties by row, in place. */
export function strongestFirst({ n, start, row, value }: Activations): void {
  for (let latent = 0; latent < n; latent++)
    sortOne(row.subarray(start[latent], start[latent + 1]), value.subarray(start[latent], start[latent + 1]));
}

function sortOne(rows: Uint32Array, values: Float32Array): void {
  const order = Uint32Array.from(values, (_, i) => i).sort((a, b) => values[b] - values[a] || a - b);
  const [unsortedRows, unsortedValues] = [rows.slice(), values.slice()];
  order.forEach((from, to) => {
    rows[to] = unsortedRows[from];
    values[to] = unsortedValues[from];
  });
}
