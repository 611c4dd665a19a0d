/** Checks 3, 4 and 5: whether the ranking of features is worth anything when the model is fitted again. */
import { mean, standardDeviation } from '../../spectra/index.ts';
import { meanJaccard } from '../rankings.ts';
import { strongest } from '../strongest.ts';
import type { AuditCase } from './audit-case.ts';
import { type Check, noRefit, percent } from './check.ts';
import { barFigure, lineFigure, short } from './figures.ts';
import { skipped, verdict } from './findings.ts';
import { allRows, assemble, bandColumn, crossJobs, foldScore, ownColumns } from './judging.ts';
import { bandImportance, modelShap } from './model-shap.ts';
import { RANKINGS, type RefitJob } from './refit.ts';
import { shared, spearman } from './statistics.ts';

const COUNTS = [6, 12, 24, 48, 120];
const WAYS = ['SHAP', 'impurity', 'permutation', 'random', 'equally spaced bands'] as const;

export const refitOnKept: Check = {
  id: 3,
  name: 'refit-on-kept',
  title: 'Refit on the kept features',
  how: "inside each fold the features are ranked on the training rows, K of the model's own are kept and the model is fitted again (ROAR, Hooker et al. 2019); equally spaced bands are reflectance alone, the same K",
  async run(audit) {
    if (!audit.canRefit) return skipped(noRefit(audit));
    if (audit.features === 0) return skipped('the model reads no features');
    const F = audit.features;
    const counts = COUNTS.filter((count) => count <= 0.6 * F).slice(audit.options.quick ? -1 : -4);
    if (counts.length === 0) return skipped(`${F} features leave nothing to keep fewer of`);
    const bases = crossJobs(audit, audit.folds, ownColumns(F), 'roar').map((job) => ({ ...job, rank: RANKINGS }));
    const ranked = await audit.refits(bases);
    const full = foldScore(audit, assemble(audit, bases, ranked), audit.folds);
    const cells = counts.flatMap((count) => WAYS.map((way) => ({ count, way })));
    const jobs = cells.flatMap(({ count, way }) =>
      bases.map(
        (base, fold): RefitJob => ({
          ...base,
          rank: [],
          columns: keep(audit, way, count, ranked[fold].importance, fold),
        }),
      ),
    );
    const results = await audit.refits(jobs);
    const K = bases.length;
    const points = cells.map(({ count, way }, i) => {
      const own = jobs.slice(i * K, (i + 1) * K);
      const done = results.slice(i * K, (i + 1) * K);
      const byFold = own.map((job, fold) => foldScore(audit, assemble(audit, [job], [done[fold]]), audit.folds));
      return {
        count,
        way,
        score: foldScore(audit, assemble(audit, own, done), audit.folds),
        sd: standardDeviation(byFold),
      };
    });
    const at = (count: number, way: string) =>
      points.find((point) => point.count === count && point.way === way)?.score ?? Number.NaN;
    const margin = mean(counts.map((count) => at(count, 'random') - at(count, 'SHAP')));
    const best = (count: number) => WAYS.reduce((a, b) => (at(count, b) < at(count, a) ? b : a));
    const notBest = counts.filter((count) => best(count) !== 'SHAP');
    const beats = margin > 0;
    return verdict({
      severity: beats ? 'passed' : 'medium',
      value: margin,
      passLine: 'the score on features kept by SHAP is below that on random ones',
      evidence: `keeping ${counts.join(', ')} of ${F} features: by SHAP ${counts.map((count) => short(at(count, 'SHAP'))).join(', ')}, at random ${counts.map((count) => short(at(count, 'random'))).join(', ')}, all ${short(full)}${
        notBest.length > 0
          ? `; not SHAP but ${notBest.map((count) => `${best(count)} is best at ${count}`).join(', ')}`
          : ''
      }`,
      suggestion: beats ? '' : 'Choose features by the ranking that is best here, or keep more of them.',
      figure: lineFigure(
        'Score on the features that each ranking keeps',
        { x: 'features kept', y: 'score (lower is better)', logX: true },
        WAYS.map((way) => ({ label: way, x: counts, y: counts.map((count) => at(count, way)) })),
      ),
      table: {
        columns: ['kept', 'ranking', 'score', 'SD over folds'],
        rows: points.map(({ count, way, score, sd }) => [count, way, score, sd]),
      },
    });
  },
};

function keep(
  audit: AuditCase,
  way: (typeof WAYS)[number],
  count: number,
  importance: Readonly<Partial<Record<(typeof RANKINGS)[number], Float64Array>>>,
  fold: number,
): Uint32Array {
  if (way === 'random') return audit.random(`kept ${count} ${fold}`).permutation(audit.features).slice(0, count);
  if (way === 'equally spaced bands') {
    const used = Math.min(count, audit.bands);
    return Uint32Array.from({ length: used }, (_, i) =>
      bandColumn(audit, Math.round((i * (audit.bands - 1)) / Math.max(1, used - 1))),
    );
  }
  return strongest(importance[way === 'SHAP' ? 'shap' : way] ?? [], count).slice();
}

export const labelRandomisation: Check = {
  id: 4,
  name: 'label-randomisation',
  title: 'Label-randomisation sanity',
  how: 'the model fitted again to shuffled targets; its ranking against the true one (Adebayo et al. 2018)',
  async run(audit) {
    if (!audit.canRefit || audit.features < 4)
      return skipped(audit.canRefit ? 'too few features to rank' : noRefit(audit));
    const F = audit.features;
    const top = topCount(F);
    const rounds = audit.options.quick ? 3 : 8;
    const rows = allRows(audit);
    const base = { rows, predict: new Uint32Array(0), columns: ownColumns(F), rank: ['shap'] as const };
    const jobs: RefitJob[] = [
      { ...base, seed: audit.random('true labels').uint32() },
      ...Array.from({ length: rounds }, (_, i) => ({
        ...base,
        seed: audit.random(`false labels ${i}`).uint32(),
        targetsOf: audit.random(`labels shuffled ${i}`).permutation(audit.n),
      })),
    ];
    const [real, ...random] = (await audit.refits(jobs)).map(
      ({ importance }) => importance.shap ?? new Float64Array(F),
    );
    const correlation = mean(random.map((importance) => spearman(real, importance)));
    const kept = strongest(real, top);
    const overlap = mean(random.map((importance) => shared(kept, strongest(importance, top)) / top));
    const chance = top / F;
    const spread = Math.sqrt((chance * (1 - chance)) / top);
    const stays = [...strongest(real, Math.max(1, Math.round(top / 4)))].filter((f) =>
      random.every((importance) => strongest(importance, Math.max(1, Math.round(top / 4))).includes(f)),
    );
    const names = stays.map((f) => audit.soil.model.features[f].name);
    const far = overlap > chance + 3 * spread;
    const severity = far && stays.length > 0 ? 'medium' : far || stays.length > 0 ? 'minor' : 'passed';
    return verdict({
      severity,
      value: overlap,
      passLine: `overlap of the first ${top} at most ${percent(chance + 3 * spread)} (chance ${percent(chance)} + 3 SD), and no feature among the first in every shuffle`,
      evidence: `the first ${top} of ${F} features overlap by ${percent(overlap)} (chance ${percent(chance)}), Spearman ${short(correlation)} over ${rounds} shuffles${names.length > 0 ? `; always on top: ${names.join(', ')}` : ''}`,
      suggestion:
        severity === 'passed'
          ? ''
          : 'What stays on top without any signal is liked by the method, not by the soil: leave those features out, or rank by permutation on held-out rows.',
      figure: barFigure(
        `Overlap of the first ${top} features with the true ranking`,
        random.map((importance, i) => ({
          label: `shuffle ${i + 1}`,
          value: shared(kept, strongest(importance, top)) / top,
        })),
        { at: chance, words: 'chance' },
      ),
    });
  },
};

export const stability: Check = {
  id: 5,
  name: 'stability',
  title: 'Ranking stability',
  how: 'the model fitted again to bootstrap samples with other seeds; Jaccard of the first features, rank of each band',
  async run(audit) {
    if (!audit.canRefit || audit.features < 4)
      return skipped(audit.canRefit ? 'too few features to rank' : noRefit(audit));
    const F = audit.features;
    const top = topCount(F);
    const rounds = audit.options.quick ? 5 : 16;
    const jobs = Array.from({ length: rounds }, (_, i): RefitJob => {
      const random = audit.random(`bootstrap ${i}`);
      // distinct rows of a bootstrap: what a forest's own bootstrap may draw from
      const drawn = new Set(Array.from({ length: audit.n }, () => random.below(audit.n)));
      return {
        rows: Uint32Array.from(drawn).sort(),
        predict: new Uint32Array(0),
        columns: ownColumns(F),
        seed: random.uint32(),
        rank: ['shap'],
      };
    });
    const rankings = (await audit.refits(jobs)).map(({ importance }) => importance.shap ?? new Float64Array(F));
    const tops = rankings.map((importance) => strongest(importance, top));
    const value = meanJaccard(tops);
    const held = Float64Array.from({ length: F }, (_, f) => tops.filter((set) => set.includes(f)).length / rounds);
    const core = [...strongest(held, F)].filter((f) => held[f] >= 0.9);
    const byBand = rankings.map((importance) => bandImportance(audit, importance));
    const ranksOf = byBand.map((importance) => strongest(importance, audit.bands));
    const bandRank = (band: number) => ranksOf.map((order) => order.indexOf(band) + 1).sort((a, b) => a - b);
    const strongBands = [...strongest(bandImportance(audit, modelShap(audit)?.importance ?? meanRow(rankings)), 12)];
    const severity = value >= 0.5 ? 'passed' : value >= 0.25 ? 'minor' : 'medium';
    return verdict({
      severity,
      value,
      passLine: `mean Jaccard of the first ${top} features at least 0.5`,
      evidence: `mean Jaccard of the first ${top} of ${F}: ${short(value)} over ${rounds} bootstraps; the stable core (in 9 of 10): ${
        core.length > 0
          ? core
              .slice(0, 12)
              .map((f) => audit.soil.model.features[f].name)
              .join(', ')
          : 'none'
      }`,
      suggestion:
        severity === 'passed'
          ? ''
          : 'Build the instrument around the stable core only; the other features are exchangeable with their neighbours.',
      figure: barFigure(
        `How often a feature is among the first ${top}`,
        [...strongest(held, Math.min(F, 24))].map((f) => ({
          label: audit.soil.model.features[f].name,
          value: held[f],
        })),
        { at: 0.9, words: 'stable core' },
      ),
      table: {
        columns: ['band, nm', 'median rank', 'least', 'greatest'],
        rows: strongBands.map((band) => {
          const places = bandRank(band);
          return [
            audit.wavelengthsNm[band],
            places[Math.floor(places.length / 2)],
            places[0],
            places[places.length - 1],
          ];
        }),
      },
    });
  },
};

/** The first 24, or a third of the features where that is fewer. */
function topCount(features: number): number {
  return Math.max(1, Math.min(24, Math.round(features / 3)));
}

function meanRow(rows: readonly Float64Array[]): Float64Array {
  return rows[0].map((_, f) => mean(rows.map((row) => row[f])));
}
