/**
 * The order of a Matryoshka code, read as a hierarchy: coarse concepts first, what refines them.
 *
 * A latent's level is the coarsest at which it is in the code: the smallest level k whose k strongest latents hold it in at least half
 * of the rows where it fires at all, that is in the code of the finest level. It is at home in the rows whose code of its own level holds it.
 * A finer latent f refines a coarser c where c is at home in at least half of the rows where f is, in at least twice the share of rows that it is
 * at home in anyway, and their atoms point nearer to each other than 99 of 100 random pairs of atoms do. Of several it refines the one
 * that is most often there.
 */
import { Random } from '../../base/index.ts';
import type { SaeWeights } from '../../sae/index.ts';
import { sceneCodes } from '../scene-codes.ts';

const FEWEST_ROWS = 10;
const HALF = 0.5;
const LIFT = 2;
const RANDOM_PAIRS = 20_000;
const NULL_QUANTILE = 0.99;
/** Codes of more latents than this are cut off there. */
const MOST_LATENTS = 512;

export interface Hierarchy {
  /** Level of each latent, [n]; 0 for one that fires in fewer than ten rows. */
  readonly levels: Uint32Array;
  /** The coarser latent that each refines, or -1, [n]. */
  readonly refined: Int32Array;
}

/** Finds the hierarchy of a model with several levels in embeddings [rows, d]; undefined for a model of one level or none. */
export async function findHierarchy(
  sae: SaeWeights,
  data: Float32Array,
  seed: number,
  threads: number,
): Promise<Hierarchy | undefined> {
  const { n } = sae;
  const codeLevels = [...new Set(sae.levels.map((k) => Math.min(k, MOST_LATENTS)))];
  const finest = codeLevels.at(-1);
  if (finest === undefined || codeLevels.length < 2) return undefined;
  const codes: Uint32Array[] = [];
  for await (const chunk of sceneCodes(sae, [data], { k: finest, threads }))
    for (const { latents } of chunk.codes) codes.push(latents.slice());
  const levels = levelsOf(codes, n, codeLevels);
  return { levels, refined: refinedOf(sae, codes, levels, Random.of(seed, 'pairs of atoms')) };
}

/** Level of each latent, from codes with the strongest latent first. */
export function levelsOf(codes: readonly Uint32Array[], n: number, levels: readonly number[]): Uint32Array {
  const within = levels.map(() => new Uint32Array(n));
  for (const latents of codes) {
    levels.forEach((k, i) => {
      for (const latent of latents.subarray(0, k)) within[i][latent]++;
    });
  }
  const fires = within[levels.length - 1];
  return Uint32Array.from({ length: n }, (_, latent) =>
    fires[latent] < FEWEST_ROWS ? 0 : (levels.find((_, i) => within[i][latent] >= HALF * fires[latent]) ?? 0),
  );
}

function refinedOf(sae: SaeWeights, codes: readonly Uint32Array[], levels: Uint32Array, random: Random): Int32Array {
  const { n } = sae;
  const home = codes.map((latents) => latents.filter((latent, rank) => rank < levels[latent]));
  const start = new Uint32Array(n + 1);
  for (const latents of home) for (const latent of latents) start[latent + 1]++;
  for (let latent = 0; latent < n; latent++) start[latent + 1] += start[latent];
  const next = start.slice();
  const rows = new Uint32Array(start[n]);
  home.forEach((latents, row) => {
    for (const latent of latents) rows[next[latent]++] = row;
  });
  const rowsOf = (latent: number) => start[latent + 1] - start[latent];
  const nearest = randomCosine(sae, levels, random);
  const refined = new Int32Array(n).fill(-1);
  const together = new Uint32Array(n);
  for (let fine = 0; fine < n; fine++) {
    const count = rowsOf(fine);
    if (levels[fine] === 0 || count < FEWEST_ROWS) continue;
    together.fill(0);
    for (const row of rows.subarray(start[fine], start[fine + 1])) for (const latent of home[row]) together[latent]++;
    let most = 0;
    for (let coarse = 0; coarse < n; coarse++) {
      const share = together[coarse] / count;
      if (!(levels[coarse] < levels[fine] && share >= HALF && share > most)) continue;
      if (share < (LIFT * rowsOf(coarse)) / codes.length || cosineOfAtoms(sae, fine, coarse) <= nearest) continue;
      most = share;
      refined[fine] = coarse;
    }
  }
  return refined;
}

/** The cosine that 99 of 100 random pairs of atoms of latents in use stay below. */
function randomCosine(sae: SaeWeights, levels: Uint32Array, random: Random): number {
  const used = [...levels.keys()].filter((latent) => levels[latent] > 0);
  if (used.length < 2) return 1;
  const cosines = Float64Array.from({ length: RANDOM_PAIRS }, () => {
    const a = random.below(used.length);
    const b = (a + 1 + random.below(used.length - 1)) % used.length;
    return cosineOfAtoms(sae, used[a], used[b]);
  }).sort();
  return cosines[Math.floor(NULL_QUANTILE * RANDOM_PAIRS)];
}

function cosineOfAtoms({ wDec, d }: SaeWeights, a: number, b: number): number {
  let [dot, left, right] = [0, 0, 0];
  for (let i = 0, at = a * d, bt = b * d; i < d; i++) {
    dot += wDec[at + i] * wDec[bt + i];
    left += wDec[at + i] ** 2;
    right += wDec[bt + i] ** 2;
  }
  return dot / Math.sqrt(left * right) || 0;
}
