/** Checks 1, 2 and 17: whether the explanation adds up, whether it says what moves the model, and how much of the model single features tell. */
import { quantile } from '../../base/index.ts';
import { column, mean, standardDeviation } from '../../spectra/index.ts';
import { strongest } from '../strongest.ts';
import type { AuditCase } from './audit-case.ts';
import { type Check, NO_SHAP, percent } from './check.ts';
import { barFigure, lineFigure, short } from './figures.ts';
import { gradeAbove, skipped, verdict } from './findings.ts';
import { allRows, linesOf, ownRows } from './judging.ts';
import { modelShap } from './model-shap.ts';
import { rankColumns } from './refit.ts';

const ADDITIVITY = 1e-6;

export const additivity: Check = {
  id: 1,
  name: 'additivity',
  title: 'Additivity of the SHAP values',
  how: 'base + Σ SHAP − estimate, in SD of the target, over all rows explained',
  run(audit) {
    const shap = modelShap(audit);
    if (shap === null) return skipped(NO_SHAP);
    const T = audit.targets.length;
    const F = audit.features;
    const estimate = audit.soil.estimator.predict(shap.own.x, shap.own.n, shap.own.edge);
    const worst = new Float64Array(shap.rows.length);
    for (let row = 0; row < shap.rows.length; row++)
      for (let t = 0; t < T; t++) {
        let sum = shap.base[t];
        for (let f = 0; f < F; f++) sum += shap.values[(row * F + f) * T + t];
        worst[row] = Math.max(worst[row], Math.abs(sum - estimate[row * T + t]) / audit.targetSd[t]);
      }
    const value = worst.reduce((most, error) => Math.max(most, error), 0);
    const severity = gradeAbove(value, { major: ADDITIVITY });
    return verdict({
      severity,
      value,
      passLine: `largest error at most ${ADDITIVITY} SD of the target`,
      evidence: `largest error ${value.toExponential(1)} SD over ${shap.rows.length} rows and ${T} targets`,
      suggestion:
        severity === 'passed'
          ? ''
          : 'The explanation is not of this model: explain the file that flies, and report the defect.',
      rows:
        severity === 'passed'
          ? []
          : linesOf(
              audit,
              [...strongest(worst, 5)].map((i) => shap.rows[i]),
            ),
    });
  },
};

/** Steps of a deletion curve, draws that replace a feature, rows that are followed. */
const DELETION = { steps: 12, draws: 3, rows: 80, quickRows: 30, bootstraps: 400 };

export const deletion: Check = {
  id: 2,
  name: 'deletion',
  title: 'Deletion in SHAP order',
  how: "each row's features replaced by those of other rows (never by zero), most important first; the mean change of the estimate over all steps, against random order and the order of impurity",
  run(audit) {
    const shap = modelShap(audit);
    if (shap === null) return skipped(NO_SHAP);
    const F = audit.features;
    const T = audit.targets.length;
    if (F < 2) return skipped('one feature has no order');
    const random = audit.random('deletion');
    const chosen = random
      .permutation(shap.rows.length)
      .subarray(0, audit.options.quick ? DELETION.quickRows : DELETION.rows);
    const steps = [
      ...new Set(Array.from({ length: DELETION.steps }, (_, i) => Math.round(((i + 1) * F) / DELETION.steps))),
    ].filter((step) => step > 0 && step < F);
    const impurity = strongest(rankColumns('impurity', audit.soil.estimator, shap.own, audit.targetSd, 0), F);
    const { x } = shap.own;
    const original = audit.soil.estimator.predict(x, shap.own.n, shap.own.edge);
    // area of each order for each row and target, and the mean curve
    const orders = ['SHAP', 'impurity', 'random'] as const;
    const area = new Map(orders.map((order) => [order, new Float64Array(chosen.length * T)]));
    const curve = new Map(orders.map((order) => [order, new Float64Array(steps.length)]));
    const batch = new Float32Array(steps.length * DELETION.draws * F);
    const edgesOfBatch = (row: number) => shap.own.edge && new Float64Array(batch.length / F).fill(shap.own.edge[row]);
    chosen.forEach((row, i) => {
      for (const order of orders) {
        for (let t = 0; t < T; t++) {
          if (order !== 'SHAP' && t > 0) break;
          const own = Float64Array.from({ length: F }, (_, f) => Math.abs(shap.values[(row * F + f) * T + t]));
          const features =
            order === 'SHAP' ? strongest(own, F) : order === 'impurity' ? impurity : random.permutation(F);
          for (let draw = 0; draw < DELETION.draws; draw++) {
            const other = random.below(shap.rows.length);
            steps.forEach((step, s) => {
              const at = (s * DELETION.draws + draw) * F;
              batch.set(x.subarray(row * F, (row + 1) * F), at);
              for (let k = 0; k < step; k++) batch[at + features[k]] = x[other * F + features[k]];
            });
          }
          const moved = audit.soil.estimator.predict(batch, batch.length / F, edgesOfBatch(row));
          for (const target of order === 'SHAP' ? [t] : Array.from({ length: T }, (_, k) => k))
            for (let k = 0; k < steps.length * DELETION.draws; k++) {
              const change = Math.abs(moved[k * T + target] - original[row * T + target]) / audit.targetSd[target];
              const share = change / DELETION.draws;
              (area.get(order) as Float64Array)[i * T + target] += share / steps.length;
              (curve.get(order) as Float64Array)[Math.floor(k / DELETION.draws)] += share / (chosen.length * T);
            }
        }
      }
    });
    const margins = audit.targets.map((name, t) => {
      const difference = (against: 'impurity' | 'random') =>
        Float64Array.from(
          chosen,
          (_, i) => (area.get('SHAP') as Float64Array)[i * T + t] - (area.get(against) as Float64Array)[i * T + t],
        );
      return { name, random: interval(audit, difference('random')), impurity: interval(audit, difference('impurity')) };
    });
    const value = Math.min(...margins.map((margin) => margin.random.low));
    const beaten = margins.filter((margin) => !(margin.random.low > 0)).map((margin) => margin.name);
    return verdict({
      severity: beaten.length === 0 ? 'passed' : beaten.length === T ? 'major' : 'medium',
      value,
      passLine:
        'SHAP order moves the estimate more than random order on every target (lower end of the 95 % interval above 0)',
      evidence:
        beaten.length === 0
          ? `SHAP order moves the estimate by ${margins.map(({ name, random: { mid } }) => `${short(mid)} SD (${name})`).join(', ')} more than random order`
          : `SHAP order does not beat random order on ${beaten.join(', ')}`,
      suggestion:
        beaten.length === 0 ? '' : 'Do not choose bands by this explanation; look at check 3 for a ranking that holds.',
      figure: lineFigure(
        'What the estimate loses when features are replaced',
        { x: 'features replaced', y: 'mean change, SD of the target' },
        orders.map((order) => ({ label: `${order} order`, x: steps, y: curve.get(order) ?? [] })),
      ),
      table: {
        columns: ['target', 'SHAP − random, SD', '95 % from', 'to', 'SHAP − impurity, SD', '95 % from', 'to'],
        rows: margins.map(({ name, random: r, impurity: p }) => [name, r.mid, r.low, r.high, p.mid, p.low, p.high]),
      },
    });
  },
};

/** Mean with its 95 % bootstrap interval. */
function interval(audit: AuditCase, values: Float64Array): { mid: number; low: number; high: number } {
  const random = audit.random('bootstrap');
  const means = Float64Array.from({ length: DELETION.bootstraps }, () => {
    let sum = 0;
    for (let i = 0; i < values.length; i++) sum += values[random.below(values.length)];
    return sum / values.length;
  }).sort();
  return { mid: mean(values), low: quantile(means, 0.025), high: quantile(means, 0.975) };
}

const INTERACTIONS = { features: 12, quickFeatures: 6, grid: 40, quickGrid: 24, background: 40, quickBackground: 24 };

export const interactions: Check = {
  id: 17,
  name: 'interactions',
  title: 'Interactions',
  how: "partial dependence of the strongest features: the share of the estimate's variance that their single effects add up to, and Friedman's H of each pair (Friedman and Popescu 2008)",
  run(audit) {
    const F = audit.features;
    if (F < 2) return skipped('one feature cannot interact');
    const shap = modelShap(audit);
    const { quick } = audit.options;
    const { estimator } = audit.soil;
    const T = audit.targets.length;
    const random = audit.random('interactions');
    const order = random.permutation(audit.n);
    const grid = order.subarray(0, quick ? INTERACTIONS.quickGrid : INTERACTIONS.grid);
    const background = order.slice(-(quick ? INTERACTIONS.quickBackground : INTERACTIONS.background));
    const feature = (row: number, f: number) => audit.data.x[row * audit.data.columns + f];
    const importance =
      shap?.importance ?? rankColumns('permutation', estimator, ownRows(audit, allRows(audit)), audit.targetSd, 0);
    const top = strongest(importance, Math.min(F, quick ? INTERACTIONS.quickFeatures : INTERACTIONS.features));
    const { edge } = audit.data;
    const edges =
      edge &&
      Float64Array.from({ length: grid.length * background.length }, (_, i) => edge[background[i % background.length]]);
    const x = new Float32Array(grid.length * background.length * F);
    /** Mean estimate over the background with these features as in each grid row, centred, [grid, targets]. */
    const dependence = (features: ArrayLike<number>): Float64Array => {
      grid.forEach((row, g) => {
        background.forEach((other, b) => {
          const at = (g * background.length + b) * F;
          for (let f = 0; f < F; f++) x[at + f] = feature(other, f);
          for (let k = 0; k < features.length; k++) x[at + features[k]] = feature(row, features[k]);
        });
      });
      const estimates = estimator.predict(x, grid.length * background.length, edges);
      const means = new Float64Array(grid.length * T);
      estimates.forEach((value, i) => {
        means[Math.floor(i / (background.length * T)) * T + (i % T)] += value / background.length;
      });
      for (let t = 0; t < T; t++) {
        const centre = mean(column(means, t, T));
        for (let g = 0; g < grid.length; g++) means[g * T + t] = (means[g * T + t] - centre) / audit.targetSd[t];
      }
      return means;
    };
    const single = new Map(Array.from(top, (f) => [f, dependence([f])]));
    const of = (f: number) => single.get(f) ?? new Float64Array(grid.length * T);
    const pairs = Array.from(top).flatMap((a, i) =>
      Array.from(top.subarray(i + 1), (b) => {
        const both = dependence([a, b]);
        const residual = both.map((value, k) => value - of(a)[k] - of(b)[k]);
        return {
          a,
          b,
          h: Math.sqrt(squares(residual) / (squares(both) || 1)),
          strength: squares(residual) / both.length,
        };
      }),
    );
    pairs.sort((a, b) => b.strength - a.strength);
    const together = dependence(top);
    const added = together.map((_, k) => Array.from(top).reduce((sum, f) => sum + of(f)[k], 0));
    const rest = together.map((value, k) => value - added[k]);
    const value = Math.max(0, 1 - variance(rest) / variance(together));
    const name = (f: number) => audit.soil.model.features[f].name;
    const [strong] = pairs;
    return verdict({
      severity: value < 0.5 ? 'minor' : 'passed',
      value,
      passLine: 'single effects add up to at least 50 % of the variance that the strongest features make',
      evidence: `single effects of the ${top.length} strongest features tell ${percent(value)} of the variance that they make together; strongest pair ${name(strong.a)} × ${name(strong.b)}, H ${short(strong.h)}`,
      suggestion:
        value < 0.5
          ? 'Read the bars by wavelength with care: much of the model is in pairs of features, which single bars cannot show.'
          : '',
      figure: barFigure(
        "Friedman's H of the strongest pairs",
        pairs.slice(0, 10).map((pair) => ({ label: `${name(pair.a)} × ${name(pair.b)}`, value: pair.h })),
      ),
      table: {
        columns: ['pair', 'H', 'RMS of the interaction, SD'],
        rows: pairs.slice(0, 10).map((pair) => [`${name(pair.a)} × ${name(pair.b)}`, pair.h, Math.sqrt(pair.strength)]),
      },
    });
  },
};

function squares(values: Float64Array): number {
  return values.reduce((sum, value) => sum + value * value, 0);
}

function variance(values: Float64Array): number {
  return standardDeviation(values) ** 2 || Number.MIN_VALUE;
}
