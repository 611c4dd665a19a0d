/** The small autoencoder of test/oracles/sae_measures.py over scikit-learn's wine, and what numpy, scipy and scikit-learn measure of it. */
import { readFileSync } from 'node:fs';
import {
  codesOf,
  type Evaluation,
  preActivationsOf,
  type SaeWeights,
  type SparseCode,
} from '../../../sdk/sae/index.ts';
import type { Accuracy, LabelledCodes, Splitting } from '../../../sdk/sae/measures/index.ts';

interface Counted {
  readonly rows: number;
  readonly recall: number;
  readonly absorbed: number;
}
type Arrays = 'wEnc' | 'wDec' | 'bLat' | 'bPre' | 'mean';

export const fixture: {
  readonly sae: { readonly d: number; readonly n: number; readonly scale: number } & Record<Arrays, number[]>;
  readonly embeddings: number[];
  readonly labels: number[];
  readonly byK: Evaluation['byK'];
  readonly full: Evaluation['full'];
  readonly decoderOrthogonality: number;
  readonly probeLoss: readonly {
    readonly k: number;
    readonly kl: number;
    readonly agreement: number;
    readonly accuracy: number;
  }[];
  readonly farKl: number;
  readonly subs: number[];
  readonly probing: readonly {
    readonly dense: Accuracy;
    readonly sparse: readonly ({ readonly k: number; readonly latents: number[] } & Accuracy)[];
  }[];
  readonly splitting: readonly Splitting[];
  readonly absorption: readonly ({ readonly main: number; readonly subs: readonly Counted[] } & Counted)[];
  readonly assignments: readonly { rows: number; columns: number; cost: number[]; total: number }[];
  readonly crowded: { d: number; points: number[]; copies: number[]; total: number };
  readonly stability: { rows: number; other: number[] } & Record<
    'meanMatched' | 'sharedShare' | 'meanMax' | 'meanMaxBack',
    number
  >;
  readonly inertia: number[];
} = JSON.parse(readFileSync(new URL('../../fixtures/sae-measures.json', import.meta.url), 'utf8'));

const { d, n, scale, wEnc, wDec, bLat, bPre, mean } = fixture.sae;
const floats = (values: number[]) => Float32Array.from(values);

export const sae: SaeWeights = {
  ...{ d, n, scale, activation: 'msae', levels: [1, n], nonNegative: false },
  ...{ wEnc: floats(wEnc), wDec: floats(wDec), bLat: floats(bLat), bPre: floats(bPre), mean: floats(mean) },
};
export const embeddings = floats(fixture.embeddings);

/** Codes of at most k latents. */
export async function codesAt(k: number): Promise<SparseCode[]> {
  return codesOf(await preActivationsOf(sae, embeddings, 1), n, k);
}

/** Every second row, from the first or from the second: the oracle trains on the former and measures on the latter. */
export function everySecond<T>(items: readonly T[], from: 0 | 1): T[] {
  return items.filter((_, row) => row % 2 === from);
}

/** Every second row of [rows, d]. */
export function rowsOf(values: Float32Array, from: 0 | 1): Float32Array {
  return values.filter((_, i) => Math.floor(i / d) % 2 === from);
}

export async function halves(k: number): Promise<{ train: LabelledCodes; test: LabelledCodes }> {
  const codes = await codesAt(k);
  const half = (from: 0 | 1): LabelledCodes => ({
    codes: everySecond(codes, from),
    embeddings: rowsOf(embeddings, from),
    labels: everySecond(fixture.labels, from),
  });
  return { train: half(0), test: half(1) };
}

/** Largest absolute difference of two documents' numbers; Infinity where they are not made alike. `found` may have more keys. */
export function furthest(found: unknown, expected: unknown): number {
  if (typeof expected === 'number') return typeof found === 'number' ? Math.abs(found - expected) : Infinity;
  if (typeof expected !== 'object' || expected === null) return Object.is(found, expected) ? 0 : Infinity;
  if (typeof found !== 'object' || found === null) return Infinity;
  if (Array.isArray(expected) && (found as unknown[]).length !== expected.length) return Infinity;
  const has = new Map<string, unknown>(Object.entries(found));
  return Object.entries(expected).reduce((most, [key, value]) => Math.max(most, furthest(has.get(key), value)), 0);
}
