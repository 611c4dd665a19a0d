/** What each concept adds to each class's probability, row by row: p(1) with its activation as it is, p(0) with the concept taken out. */
import { type Interventions, probabilitiesAt } from './interventions.ts';

/** A concept and a class that it matters to. */
export interface Contribution {
  readonly latent: number;
  readonly class: number;
  /** Rows that show the concept, rising. */
  readonly rows: Uint32Array;
  /** p(1) of each of these rows. */
  readonly present: Float64Array;
  /** p(0) of each of these rows. */
  readonly absent: Float64Array;
  /** Mean of p(1) − p(0) over these rows. */
  readonly effect: number;
}

/** What is worth testing; chosen by the embeddings alone, which the tests' nulls are given. */
export interface Worth {
  /** Rows that must show a concept. */
  readonly fewestRows: number;
  /** Mean effect on a class's probability that matters, either way. */
  readonly leastEffect: number;
}

/** Every concept with every class that it matters to, by latent and class. */
export function contributionsOf(interventions: Interventions, { fewestRows, leastEffect }: Worth): Contribution[] {
  const { n, classes, start } = interventions;
  const found: Contribution[] = [];
  const [p1, p0] = [new Float64Array(classes), new Float64Array(classes)];
  for (let latent = 0; latent < n; latent++) {
    const rows = interventions.row.subarray(start[latent], start[latent + 1]);
    if (rows.length < fewestRows) continue;
    const [present, absent] = [new Float64Array(classes * rows.length), new Float64Array(classes * rows.length)];
    const sums = new Float64Array(classes);
    for (let i = 0; i < rows.length; i++) {
      probabilitiesAt(interventions, latent, start[latent] + i, 1, p1);
      probabilitiesAt(interventions, latent, start[latent] + i, 0, p0);
      for (let c = 0; c < classes; c++) {
        present[c * rows.length + i] = p1[c];
        absent[c * rows.length + i] = p0[c];
        sums[c] += p1[c] - p0[c];
      }
    }
    for (let c = 0; c < classes; c++) {
      const effect = sums[c] / rows.length;
      if (Math.abs(effect) < leastEffect) continue;
      const own = (values: Float64Array) => values.slice(c * rows.length, (c + 1) * rows.length);
      found.push({ latent, class: c, rows, present: own(present), absent: own(absent), effect });
    }
  }
  return found;
}
