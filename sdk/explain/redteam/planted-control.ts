/** The positive control of check 10: bands that we plant ourselves have to be found, or the check says nothing on these data. */
import { footprintOf } from '../../spectra/index.ts';
import { strongest } from '../strongest.ts';
import type { AuditCase } from './audit-case.ts';
import { bandResiduals, bandSignals, isForeign } from './band-residuals.ts';
import { allRows, featuresAt, ownRows } from './judging.ts';
import { bandImportance } from './model-shap.ts';
import { fitRecipe, rankColumns } from './refit.ts';

/** The shift that we plant for one SD of the target, in shares of the mean reflectance. */
export const PLANTED = 0.02;
const PLANTS = 3;
const RANKED_ROWS = 160;
/** Features that read at most this many bands say where the model looks. */
const LOCAL = 11;

export interface PlantedControl {
  readonly band: number;
  readonly found: boolean;
  /** Place of the band by SHAP after a refit on the planted spectra; null where none was made. */
  readonly rank: number | null;
}

/** Plants bands one at a time, each telling a target in half of the samples; the first is fitted again too, but for quick audits. */
export function plantedControls(audit: AuditCase, residuals: Float64Array, limit: number): PlantedControl[] {
  const { bands: B, n } = audit;
  const T = audit.targets.length;
  const random = audit.random('planted control');
  const inner = audit.soil.model.features
    .filter((feature) => footprintOf(feature).length <= LOCAL)
    .flatMap((feature) => [...footprintOf(feature)])
    .filter((band) => band >= 5 && band < B - 5);
  let level = 0;
  for (const value of audit.spectra) level += value / audit.spectra.length;
  return Array.from({ length: PLANTS }, (_, plant) => {
    const band = inner.length > 0 ? inner[random.below(inner.length)] : Math.floor(B / 2);
    const t = plant % T;
    const values = audit.spectra.slice();
    let centre = 0;
    for (let i = 0; i < n; i++) centre += audit.truth[i * T + t] / n;
    const half = random.permutation(n).subarray(0, Math.ceil(n / 2));
    for (const row of half)
      values[row * B + band] += (PLANTED * level * (audit.truth[row * T + t] - centre)) / audit.targetSd[t];
    const own = bandResiduals(values, B, { band, before: residuals });
    const signals = bandSignals(own, values, B, audit.truth, audit.targetSd);
    const found = isForeign(signals, signals[band], limit);
    const isRefitted = plant === 0 && audit.canRefit && audit.features > 0 && !audit.options.quick;
    return { band, found, rank: isRefitted ? rankAfterRefit(audit, values, band, random.uint32()) : null };
  });
}

function rankAfterRefit(audit: AuditCase, values: Float32Array, band: number, seed: number): number | null {
  const { n, features, truth, data } = audit;
  if (data.recipe === null) return null;
  const rows = { ...ownRows(audit, allRows(audit)), x: featuresAt(audit, allRows(audit), values) };
  const estimator = fitRecipe(data.recipe, rows, truth, audit.targets.length, seed);
  const ranked = Math.min(n, RANKED_ROWS);
  const first = { x: rows.x.subarray(0, ranked * features), n: ranked, features };
  const edge = rows.edge && { edge: rows.edge.subarray(0, ranked) };
  const importance = rankColumns('shap', estimator, { ...first, ...edge }, audit.targetSd, seed);
  return strongest(bandImportance(audit, importance), audit.bands).indexOf(band) + 1;
}
