/**
 * SHAP values of models that have none in closed form (neighbours, the winner's hybrid): permutation sampling with windows of the spectrum as
 * players, for a player a feature would cost thousands of predictions a row. What a window gets is shared alike by its features, so the
 * values still add up to the prediction and to wavelengths; they say nothing of which transformation did it.
 */
import { Random } from '../base/index.ts';
import type { Estimator } from '../forest/index.ts';
import { permutationShap } from '../forest/permutation-shap.ts';
import { centreBand, type SpectralFeature } from '../spectra/index.ts';
import type { ExactShap } from './shap-any.ts';

/** Windows of the spectrum, at most. */
const WINDOWS = 24;
const BACKGROUND_ROWS = 12;
const ORDER_PAIRS = 2;

/**
 * Values of n rows.
 * @param x [n, features]
 * @param known rows to draw the background from, [m, features]
 */
export function sampledShap(
  estimator: Estimator,
  features: readonly SpectralFeature[],
  x: Float32Array,
  n: number,
  known: { readonly x: Float32Array; readonly n: number; readonly bands: number; readonly seed: number },
): ExactShap {
  const { features: F, targets: T } = estimator;
  const { groups, players } = playersOf(features, known.bands);
  const drawn = Random.of(known.seed, 'background').permutation(known.n).subarray(0, BACKGROUND_ROWS);
  const background = new Float32Array(drawn.length * F);
  drawn.forEach((row, i) => {
    background.set(known.x.subarray(row * F, (row + 1) * F), i * F);
  });
  const model = {
    features: F,
    targets: T,
    background,
    groups,
    predict: (rows: Float32Array, count: number) => estimator.predict(rows, count),
  };
  const sampled = permutationShap(model, x, n, { seed: known.seed, pairs: ORDER_PAIRS });
  const members = new Float64Array(players);
  for (const player of groups) members[player]++;
  const values = new Float64Array(n * F * T);
  for (let row = 0; row < n; row++)
    for (let f = 0; f < F; f++)
      for (let t = 0; t < T; t++)
        values[(row * F + f) * T + t] = sampled.values[(row * players + groups[f]) * T + t] / members[groups[f]];
  return {
    values,
    base: sampled.base,
    method: `permutation SHAP with ${players} windows of the spectrum and groups of features as players, ${BACKGROUND_ROWS} background rows`,
  };
}

/** Player of each feature: its window of the spectrum, or its group where it stands at no band. */
export function playersOf(
  features: readonly SpectralFeature[],
  bands: number,
): { readonly groups: Uint32Array; readonly players: number } {
  const width = Math.ceil(bands / WINDOWS);
  const names = features.map((feature) => {
    const centre = centreBand(feature);
    return centre === undefined ? feature.group : Math.floor(centre / width);
  });
  const numbers = new Map([...new Set(names)].map((name, player) => [name, player]));
  return { groups: Uint32Array.from(names, (name) => numbers.get(name) ?? 0), players: numbers.size };
}
