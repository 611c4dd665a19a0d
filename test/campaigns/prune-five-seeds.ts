/**
 * The claims of pruning, in full: `nadir spectra prune` on limesoda with the published folds and five seeds. 24 features cost at most 5 % of the
 * score and 8 bands at most 8 %, on average over the seeds; the search beats greedy bands; what SHAP beats is printed. One JSON document; exit
 * code 1 where a claim fails. Run: node tools/pinned.mjs test/campaigns/prune-five-seeds.ts [trees] [threads] [seeds]
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SILENT } from '../../sdk/base/index.ts';
import { DEFAULT_FOREST, type PruneOutcome, pruneSoilModel } from '../../sdk/explain/index.ts';
import { FEATURE_GROUPS, SOIL_GROUPS } from '../../sdk/spectra/index.ts';

const trees = Number(process.argv[2] ?? DEFAULT_FOREST.trees);
const threads = Number(process.argv[3] ?? 2);
const seeds = (process.argv[4] ?? '0,1,2,3,4').split(',').map(Number);
const out = await mkdtemp(join(tmpdir(), 'nadir-prune-'));
const problem = {
  data: 'limesoda',
  targets: ['pH', 'clay', 'SOC'],
  folds: 'column:fold',
  forest: { ...DEFAULT_FOREST, trees },
  out,
  threads,
};

interface Run extends PruneOutcome {
  readonly seed: number;
  /** A forest that has the groups of soil spectroscopy as well, and what 24 of those features cost. */
  readonly soilGroups: { readonly score: number; readonly lossPercentOf24: number };
  readonly cpuSeconds: number;
}

async function prune(seed: number): Promise<Run> {
  const before = process.cpuUsage();
  const outcome = await pruneSoilModel(
    { ...problem, seed, keep: [12, 24, 48, 120], bands: [4, 6, 8, 12, 16], rankings: true, formula: true },
    SILENT,
  );
  const { user, system } = process.cpuUsage(before);
  // what a fuller catalogue would reach
  const groups = [...FEATURE_GROUPS, ...SOIL_GROUPS];
  const soil = await pruneSoilModel({ ...problem, seed, groups, keep: [24] }, SILENT);
  const run = {
    ...outcome,
    seed,
    soilGroups: { score: soil.full.score, lossPercentOf24: soil.curve[0].lossPercent },
    cpuSeconds: (user + system) / 1e6,
  };
  console.error(`seed ${seed}: ${run.cpuSeconds.toFixed(0)} CPU-s, knee ${outcome.knee?.cost.bands} bands`);
  return run;
}

const runs: Run[] = [];
for (const seed of seeds) runs.push(await prune(seed));
await rm(out, { recursive: true });

const over = (value: (run: Run) => number) => {
  const values = runs.map(value);
  return { mean: values.reduce((sum, own) => sum + own, 0) / values.length, worst: Math.max(...values) };
};
const first = runs[0];
const features = first.curve.map(({ keep }, i) => ({
  keep,
  lossPercent: over((run) => run.curve[i].lossPercent),
  // of the folds of one seed, the mean of the loss and its spread
  foldSdPercent: over((run) => run.curve[i].lossSdPercent).mean,
  worstFoldLossPercent: over((run) => worstFold(run, keep)).worst,
}));
const bands = (first.bandCurve ?? []).map(({ bands: budget }, i) => {
  const at = (run: Run) => (run.bandCurve ?? [])[i];
  return {
    bands: budget,
    score: over((run) => at(run).score).mean,
    lossPercent: over((run) => at(run).lossPercent),
    worstFoldLossPercent: over((run) => at(run).worstFoldLossPercent).worst,
    few: at(first).few && over((run) => at(run).few?.lossPercent ?? Number.NaN),
    againstSoilGroupsPercent: over((run) => 100 * (at(run).score / run.soilGroups.score - 1)).mean,
    greedyLossPercent: over((run) => at(run).others.greedy.lossPercent).mean,
    equalLossPercent: over((run) => at(run).others.equal.lossPercent).mean,
    agreementNearby: over((run) => at(run).agreementNearby).mean,
    nm: runs.map((run) => at(run).nm.map(Math.round).join(' ')),
  };
});
const rankings = (first.rankings ?? []).map(({ name, points }, r) => ({
  name,
  agreementOfFolds: first.rankings?.[r].agreementOfFolds,
  agreementOfSeeds: first.rankings?.[r].agreementOfSeeds,
  points: points.map(({ keep }, i) => ({
    keep,
    lossPercent: over((run) => (run.rankings ?? [])[r].points[i].lossPercent).mean,
    behindShap: over((run) => (run.rankings ?? [])[r].points[i].behindShap).mean,
    behindShapError: over((run) => (run.rankings ?? [])[r].points[i].behindShapError).mean,
  })),
}));

function worstFold(run: Run, keep: number): number {
  const full = run.candidates?.find(({ kind }) => kind === 'all');
  const own = run.candidates?.find(({ kind, asked }) => kind === 'features' && asked === keep);
  if (full === undefined || own === undefined) return Number.NaN;
  return Math.max(...own.folds.map((score, fold) => 100 * (score / full.folds[fold] - 1)));
}

const claims = {
  '24 features cost at most 5 %': (features.find(({ keep }) => keep === 24)?.lossPercent.mean ?? Infinity) <= 5,
  '8 bands cost at most 8 %': (bands.find((point) => point.bands === 8)?.lossPercent.mean ?? Infinity) <= 8,
  'the search beats greedy bands up to 8': bands
    .filter((point) => point.bands <= 8)
    .every((point) => point.lossPercent.mean < point.greedyLossPercent),
  'SHAP beats random features and equal reflectances': rankings
    .filter(({ name }) => name === 'random' || name === 'equal')
    .every(({ points }) => points.every((point) => point.behindShap > 0)),
};
console.log(
  JSON.stringify(
    {
      trees,
      fullScore: over((run) => run.full.score).mean,
      soilGroups: {
        score: over((run) => run.soilGroups.score).mean,
        lossPercentOf24: over((run) => run.soilGroups.lossPercentOf24),
      },
      features,
      bands,
      knees: runs.map(({ seed, knee }) => ({
        seed,
        bands: knee?.cost.bands,
        features: knee?.cost.features,
        lossPercent: knee?.lossPercent,
        withoutEachFold: knee?.withoutEachFold,
      })),
      rankings,
      formula: Object.entries(first.formula ?? {}).map(([target, { text, terms }]) => ({
        target,
        text,
        terms: terms.length,
        score: over((run) => run.formula?.[target].score ?? Number.NaN).mean,
        r2: over((run) => run.formula?.[target].r2 ?? Number.NaN).mean,
        forestScore: over((run) => run.formula?.[target].forestScore ?? Number.NaN).mean,
      })),
      cpuSecondsEach: over((run) => run.cpuSeconds).mean,
      claims,
    },
    null,
    2,
  ),
);
if (Object.values(claims).includes(false)) process.exitCode = 1;
