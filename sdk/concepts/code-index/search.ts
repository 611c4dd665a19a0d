/**
 * Exact search of a code index: every tile has an upper bound of its scores from the blocks' largest levels; the few tiles with the highest
 * bounds are scored first, then the others in their order, less those whose bound cannot reach the worst of the best hits so far
 * (block-max pruning: Mallia, Suel, Tonellotto, SIGIR 2024). Bounds are added in the order of the scores and rounding is monotonic, so
 * what is left out is never better: the result equals a scan of all codes, to the bit.
 */
import { NadirError } from '../../base/index.ts';
import { TILE_ROWS } from './block.ts';
import type { CodeIndex } from './code-index.ts';
import { LEVELS } from './levels.ts';
import { PostingList } from './posting-list.ts';
import { type CodeQuery, checkQuery, type Score } from './query.ts';
import { type OpenTerm, TileScorer } from './tile-scorer.ts';
import { type CodeHit, TopHits } from './top-hits.ts';

/** Tiles that are scored first, out of order. */
const FIRST_TILES = 16;

/**
 * The `limit` best rows for a query, best first, equal scores by row. Blocks the thread, for some milliseconds a million rows. Memory: 128 KiB for
 * each latent asked for, 8 bytes a tile (4,096 rows) and latent, and the hits. Throws NadirError for a query that asks for nothing and
 * for a damaged file.
 */
export function searchCodes(index: CodeIndex, query: CodeQuery, limit: number): CodeHit[] {
  if (!Number.isInteger(limit) || limit < 1) {
    const remedy = 'Give a whole number from 1';
    throw new NadirError({ what: `${limit} hits`, where: 'limit', remedy, exitCode: 2 });
  }
  const { terms: checked, score } = checkQuery(index, query);
  let square = 0;
  for (const { must, weight } of checked) if (must !== 'lack') square += weight * weight;
  const terms: OpenTerm[] = checked.map(({ latents, weight, must }) => ({
    must,
    weight,
    gains: Float64Array.from({ length: LEVELS }, (_, level) => weight * index.values[level]),
    lists: latents.map((latent) => new PostingList(index, latent)),
  }));
  const scorer = new TileScorer(index, terms, score, Math.sqrt(square));
  const bounds = tileBounds(index, terms, score);
  if (score === 'cosine')
    for (let tile = 0; tile < bounds.length; tile++)
      if (bounds[tile] > Number.NEGATIVE_INFINITY)
        bounds[tile] = scorer.cosine(bounds[tile], index.tileEntry(tile).minNorm);
  const top = new TopHits(Math.min(limit, index.rows));
  const first = highest(bounds, FIRST_TILES);
  for (const tile of first) if (reaches(bounds[tile], tile, top)) scorer.score(tile, top, false);
  for (const tile of first) bounds[tile] = Number.NEGATIVE_INFINITY;
  for (let tile = 0; tile < bounds.length; tile++) if (reaches(bounds[tile], tile, top)) scorer.score(tile, top, true);
  return top.sorted();
}

/** Whether a row of the tile may be among the best. */
function reaches(bound: number, tile: number, top: TopHits): boolean {
  return bound > Number.NEGATIVE_INFINITY && top.admits(bound, tile * TILE_ROWS);
}

/** Upper bound of the sum (or of the weakest) of any hit in each tile; -Infinity where no row can be a hit. */
function tileBounds(index: CodeIndex, terms: readonly OpenTerm[], score: Score): Float64Array {
  const bounds = new Float64Array(index.tiles).fill(score === 'weakest' ? Number.POSITIVE_INFINITY : 0);
  const had = new Uint16Array(index.tiles);
  const largest = new Float64Array(index.tiles);
  const required = terms.filter(({ must }) => must === 'have').length;
  for (const { must, weight, lists } of terms) {
    // a concept of negative weight adds nothing at best
    if (must === 'lack' || (must === undefined && weight <= 0)) continue;
    largest.fill(0);
    for (const list of lists)
      for (let block = 0; block < list.blocks; block++) {
        largest[list.tiles[block]] += index.values[list.largest[block]];
      }
    for (let tile = 0; tile < bounds.length; tile++) {
      if (largest[tile] === 0) continue;
      if (must === 'have') had[tile]++;
      else if (required === 0) had[tile] = 1;
      const gain = Math.max(0, weight * largest[tile]);
      bounds[tile] = score === 'weakest' ? Math.min(bounds[tile], gain) : bounds[tile] + gain;
    }
  }
  for (let tile = 0; tile < bounds.length; tile++)
    if (had[tile] < Math.max(1, required)) bounds[tile] = Number.NEGATIVE_INFINITY;
  return bounds;
}

/** The tiles of the highest bounds, highest first. */
function highest(bounds: Float64Array, count: number): number[] {
  const best: number[] = [];
  for (let tile = 0; tile < bounds.length; tile++) {
    if (bounds[tile] === Number.NEGATIVE_INFINITY) continue;
    if (best.length === count && bounds[tile] <= bounds[best[count - 1]]) continue;
    let at = best.length;
    while (at > 0 && bounds[best[at - 1]] < bounds[tile]) at--;
    best.splice(at, 0, tile);
    if (best.length > count) best.pop();
  }
  return best;
}
