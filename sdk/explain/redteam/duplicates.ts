/** Finds samples that are in the data twice: the same soil measured again, or the same row copied. */

import { quantile } from '../../base/index.ts';
import type { AuditCase } from './audit-case.ts';
import { principalComponents, project } from './linear.ts';
import { binomialTail } from './statistics.ts';

interface NearDuplicate {
  readonly a: number;
  readonly b: number;
  /** In shares of the median distance from a row to its nearest neighbour. */
  readonly distance: number;
  /** Whether all laboratory values are the same. */
  readonly same: boolean;
}

export interface NearDuplicates {
  /** Closest first. */
  readonly pairs: readonly NearDuplicate[];
  readonly median: number;
  /** Distance of the closest pair in shares of the median. */
  readonly closest: number;
}

/** Closer than this share of the median distance is a duplicate whatever the laboratory says. */
const SURELY = 0.08;
/** Neighbours whose laboratory values say how often equal ones come by chance among similar soils. */
const REFERENCE_FROM = 3;
const REFERENCE_TO = 12;
/** How unlikely so many equal nearest neighbours must be. */
const UNLIKELY = 1e-4;
const COMPONENTS = 12;
/** Rows between all of which distances are taken. */
const MOST_ROWS = 6000;

/**
 * Pairs of near-duplicates. A pair is one where its distance is below 8 % of the median nearest distance; or where the two are each other's
 * nearest neighbours with all laboratory values equal, if that happens far more often than among the third to twelfth neighbours.
 */
export function nearDuplicates(
  audit: Pick<AuditCase, 'spectra' | 'bands' | 'truth' | 'targets' | 'n'>,
): NearDuplicates {
  const { bands: B, targets, truth } = audit;
  const n = Math.min(audit.n, MOST_ROWS);
  const T = targets.length;
  const scores = shapeScores(audit.spectra.subarray(0, n * B), B);
  const width = scores.length / n;
  const isSame = (a: number, b: number) => {
    for (let t = 0; t < T; t++) if (truth[a * T + t] !== truth[b * T + t]) return false;
    return true;
  };
  const nearest = new Uint32Array(n);
  const distance = new Float64Array(n);
  const own = new Float64Array(n);
  let equalReference = 0;
  let reference = 0;
  for (let a = 0; a < n; a++) {
    for (let b = 0; b < n; b++) {
      let sum = 0;
      for (let k = 0; k < width; k++) sum += (scores[a * width + k] - scores[b * width + k]) ** 2;
      own[b] = b === a ? Number.POSITIVE_INFINITY : Math.sqrt(sum);
    }
    const order = nearestOf(own, REFERENCE_TO);
    nearest[a] = order[0];
    distance[a] = own[order[0]];
    for (const b of order.slice(REFERENCE_FROM - 1)) {
      reference++;
      if (isSame(a, b)) equalReference++;
    }
  }
  const median = quantile(distance.slice().sort(), 0.5);
  const pairs: NearDuplicate[] = [];
  const mutual: NearDuplicate[] = [];
  for (let a = 0; a < n; a++) {
    const b = nearest[a];
    if (nearest[b] === a && b < a) continue;
    const pair = { a: Math.min(a, b), b: Math.max(a, b), distance: distance[a] / (median || 1), same: isSame(a, b) };
    if (pair.distance < SURELY || distance[a] === 0) pairs.push(pair);
    else if (nearest[b] === a && pair.same) mutual.push(pair);
  }
  const mutualPairs = Array.from(nearest).filter((b, a) => nearest[b] === a && a < b).length;
  // one more on top, so that no equal ones among few references do not make any single one impossible
  const chance = (equalReference + 1) / (reference + 1);
  if (mutual.length >= 2 && binomialTail(mutual.length, mutualPairs, chance) < UNLIKELY) pairs.push(...mutual);
  pairs.sort((x, y) => x.distance - y.distance || x.a - y.a);
  return { pairs, median, closest: Math.min(...distance) / (median || 1) };
}

/** Standard normal variates on their principal components, [n, components]: shape without gain, noise averaged out. */
function shapeScores(spectra: Float32Array, B: number): Float64Array {
  const shapes = new Float64Array(spectra.length);
  for (let start = 0; start < spectra.length; start += B) {
    let mean = 0;
    for (let b = 0; b < B; b++) mean += spectra[start + b] / B;
    let square = 0;
    for (let b = 0; b < B; b++) square += (spectra[start + b] - mean) ** 2;
    const sd = Math.sqrt(square / Math.max(1, B - 1)) || 1;
    for (let b = 0; b < B; b++) shapes[start + b] = (spectra[start + b] - mean) / sd;
  }
  return project(principalComponents(shapes, B, Math.min(COMPONENTS, B)), shapes, B);
}

/** Indices of the `count` least values, least first. */
function nearestOf(values: Float64Array, count: number): number[] {
  const kept: number[] = [];
  for (let i = 0; i < values.length; i++) {
    if (kept.length === count && values[i] >= values[kept[count - 1]]) continue;
    let place = kept.length;
    while (place > 0 && values[kept[place - 1]] > values[i]) place--;
    kept.splice(place, 0, i);
    if (kept.length > count) kept.pop();
  }
  return kept;
}
