/** Seeded codes, and the plain scan that a search of their index must equal. */
import { Random } from '../../../sdk/base/index.ts';
import type { CodeHit, CodeQuery, ConceptTerm, RowCode } from '../../../sdk/concepts/code-index/index.ts';

export interface CodeShape {
  readonly n: number;
  readonly rows: number;
  readonly active: number;
  /** Share of rows that the stream leaves out. */
  readonly leftOut?: number;
}

/** Codes with latents of very unequal density, stronger in some stretches of rows than in others. */
export function someCodes(seed: number, { n, rows, active, leftOut = 0 }: CodeShape): RowCode[] {
  const random = Random.of(seed, 'codes');
  const codes: RowCode[] = [];
  for (let row = 0; row < rows; row++) {
    if (random.uniform() < leftOut) continue;
    const strengths = new Map<number, number>();
    for (let i = random.below(active + 1); i > 0; i--) {
      const latent = Math.floor(n * random.uniform() ** 4);
      strengths.set(latent, Math.exp(random.normal() + Math.sin(row / 9000 + latent)));
    }
    const latents = random.shuffle([...strengths.keys()]);
    codes.push({
      row,
      latents: Uint32Array.from(latents),
      values: Float32Array.from(latents, (l) => strengths.get(l) ?? 0),
    });
  }
  return codes;
}

/** The activation that an index keeps, from the definition: the nearest of (1 + m/16)·2^e, e from -8 to 7, the larger of two equally near. */
export function kept(value: number): number {
  const octave = Math.max(-8, Math.min(7, Math.floor(Math.log2(value))));
  let best = Number.MAX_VALUE;
  for (const e of [octave, octave + 1])
    for (let m = 0; m < 16; m++) {
      const candidate = (1 + m / 16) * 2 ** e;
      const lies = candidate > 2 ** -8 && candidate < 2 ** 8;
      if (lies && Math.abs(candidate - value) <= Math.abs(best - value)) best = candidate;
    }
  return best;
}

/** What an index of the codes keeps: a map from latent to activation for each row. */
export function keptRows(codes: readonly RowCode[]): Map<number, ReadonlyMap<number, number>> {
  return new Map(
    codes.map(({ row, latents, values }) => [
      row,
      new Map(Array.from(latents, (latent, i) => [latent, kept(values[i])] as const).sort(([a], [b]) => a - b)),
    ]),
  );
}

/** The best hits by looking at every row. */
export function scan(
  rows: ReadonlyMap<number, ReadonlyMap<number, number>>,
  { terms, score = 'sum' }: CodeQuery,
  limit: number,
): CodeHit[] {
  const counted = terms.filter(({ must }) => must !== 'lack');
  const length = Math.sqrt(counted.reduce((sum, { weight = 1 }) => sum + weight ** 2, 0));
  const hits: CodeHit[] = [];
  for (const [row, code] of rows) {
    const strength = ({ latents }: ConceptTerm) =>
      [...new Set(latents)].reduce((sum, latent) => sum + (code.get(latent) ?? 0), 0);
    const required = terms.filter(({ must }) => must === 'have');
    const wanted =
      required.length > 0 ? required.every(strength) : counted.some((t) => (t.weight ?? 1) > 0 && strength(t) > 0);
    if (!wanted || terms.some((term) => term.must === 'lack' && strength(term) > 0)) continue;
    const parts = counted.map((term) => (term.weight ?? 1) * strength(term));
    const sum = parts.reduce((a, b) => a + b, 0);
    const norm = Math.fround(Math.sqrt([...code.values()].reduce((square, value) => square + value ** 2, 0)));
    hits.push({
      row,
      score: score === 'weakest' ? Math.min(...parts) : score === 'cosine' ? sum / (norm * length) : sum,
    });
  }
  return hits.sort((a, b) => b.score - a.score || a.row - b.row).slice(0, limit);
}
