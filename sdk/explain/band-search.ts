/**
 * Searches bands under a budget by swap moves: from several starts, each band in turn gives its place to the band that lowers the error
 * most, until no place changes. What comes out are local optima, best first, for a slower judge to choose from.
 */
import type { BandSurrogate } from './band-surrogate.ts';

export interface SearchOptions {
  /** Step of the bands that a swap tries first; the neighbours of the best follow. */
  readonly step: number;
  /** Rounds over all places, at most. */
  readonly rounds: number;
}

export interface BandSet {
  /** Increasing. */
  readonly bands: readonly number[];
  /** The surrogate's error, lower is better. */
  readonly error: number;
}

/** Local optima reached from the starts, distinct, best first. */
export function swapSearch(
  surrogate: BandSurrogate,
  starts: readonly (readonly number[])[],
  bandCount: number,
  options: SearchOptions,
): BandSet[] {
  const found = new Map<string, BandSet>();
  for (const start of starts) {
    const best = improve(surrogate, start, bandCount, options);
    found.set(best.bands.join(), best);
  }
  return [...found.values()].sort((a, b) => a.error - b.error);
}

/** Swaps until no place changes. */
function improve(
  surrogate: BandSurrogate,
  start: readonly number[],
  bandCount: number,
  { step, rounds }: SearchOptions,
): BandSet {
  const bands = [...start];
  let error = surrogate.score(bands);
  for (let round = 0; round < rounds; round++) {
    let changed = false;
    for (let place = 0; place < bands.length; place++) {
      const rest = bands.filter((_, i) => i !== place);
      surrogate.hold(rest);
      const best = bestAddition(surrogate, rest, bandCount, step);
      // by more than rounding: a swap and its way back must not alternate
      if (best.error < error - 1e-9) {
        bands[place] = best.band;
        error = best.error;
        changed = true;
      }
    }
    if (!changed) break;
  }
  return { bands: bands.toSorted((a, b) => a - b), error };
}

/** Grows a set, one best band at a time, to `count`. */
export function grow(
  surrogate: BandSurrogate,
  bands: readonly number[],
  count: number,
  bandCount: number,
  step: number,
): number[] {
  const grown = [...bands];
  while (grown.length < count) {
    surrogate.hold(grown);
    grown.push(bestAddition(surrogate, grown, bandCount, step).band);
  }
  return grown.sort((a, b) => a - b);
}

/** The band that lowers the error of the held set most: a coarse comb, then the neighbours of its best. */
function bestAddition(surrogate: BandSurrogate, held: readonly number[], bandCount: number, step: number) {
  const taken = new Set(held);
  let band = -1;
  let error = Number.POSITIVE_INFINITY;
  const look = (candidate: number) => {
    if (candidate < 0 || candidate >= bandCount || taken.has(candidate)) return;
    const own = surrogate.scoreWith(candidate);
    if (own < error) [band, error] = [candidate, own];
  };
  for (let candidate = Math.floor((step - 1) / 2); candidate < bandCount; candidate += step) look(candidate);
  const centre = band;
  for (let away = 1; away < step; away++) {
    look(centre - away);
    look(centre + away);
  }
  // every comb tooth may be taken where the budget is nearly the instrument
  if (band < 0) for (let candidate = 0; candidate < bandCount; candidate++) look(candidate);
  return { band, error };
}
