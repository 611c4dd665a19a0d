/** Check 11: whether the target can be told without looking at the soil, from the order of the rows or from what was noted beside the spectra. */
import { Random } from '../../base/index.ts';
import { predictForest, trainForest } from '../../forest/index.ts';
import { column } from '../../spectra/index.ts';
import { strongest } from '../strongest.ts';
import type { AuditCase } from './audit-case.ts';
import { type Check, percent } from './check.ts';
import { barFigure, short } from './figures.ts';
import { verdict } from './findings.ts';
import { allRows, baselineRows, linesOf, scoreOf } from './judging.ts';

/** What soil laboratories measure: such a column goes with the target because the soil does. */
const LABORATORY =
  /^(ex|av|tot|total|avail|exch|ext)?[_ .-]?(p|k|mg|ca|na|al|fe|mn|cu|zn|b|s|n|c|h|toc|soc|som|oc|om|ph|p2o5|k2o|cec|ec|v|bs|clay|sand|silt|carbon|nitrogen|phosph\w*|potassium|magnesium|calcium|lime|caco3|carbonate|moisture|soil_moisture|density|texture|temperature|soil_temperature)([_ .-](\w+))?$/i;

/** A column with at most this many values is taken as names, not as a scale. */
const MOST_NAMES = 12;
/** A model that gains less than this on a target is taken to gain this much, lest a chance gain look like all of it. */
const LEAST_GAIN = 0.1;
const TREES = 30;
const ROW_ORDER = 'the order of the rows';

interface Candidate {
  readonly name: string;
  /** Number or name of each row. */
  readonly cells: readonly string[];
}

export const shortcuts: Check = {
  id: 11,
  name: 'shortcuts',
  title: 'Shortcuts',
  how: 'each column beside the spectra, and the order of the rows, as the only input of a small model in the same folds; laboratory values are left out',
  run(audit) {
    const { candidates, laboratory } = candidatesOf(audit);
    const rows = foldedRows(audit);
    const gains = audit.targets.map(
      (_, t) => 1 - targetScore(audit, audit.prediction, audit.baseline, t, audit.judged),
    );
    const baseline = baselineRows(audit);
    const tried = candidates
      .map((candidate) => {
        const prediction = shortcutPrediction(audit, candidate);
        const scores = audit.targets.map((_, t) => targetScore(audit, prediction, baseline, t, rows));
        const shares = scores.map((score, t) => (1 - score) / Math.max(gains[t], LEAST_GAIN));
        const target = shares.indexOf(Math.max(...shares));
        return { name: candidate.name, target, score: scores[target], share: shares[target], prediction };
      })
      .sort((a, b) => b.share - a.share);
    const [worst] = tried;
    const severity =
      worst.share > 0.75 ? 'major' : worst.share > 0.5 ? 'medium' : worst.share > 0.3 ? 'minor' : 'passed';
    const T = audit.targets.length;
    const closeness = Float64Array.from(allRows(audit), (row) => {
      const error = Math.abs(worst.prediction[row * T + worst.target] - audit.truth[row * T + worst.target]);
      return Number.isNaN(error) ? Number.NEGATIVE_INFINITY : -error;
    });
    return verdict({
      severity,
      value: worst.share,
      passLine: "no shortcut has over 30 % of the model's gain over the mean on any target",
      evidence: `${worst.name} alone reaches a score of ${short(worst.score)} on ${audit.targets[worst.target]}, ${gains[worst.target] < LEAST_GAIN ? `where the model gains next to nothing` : `${percent(Math.max(0, worst.share), 0)} of the model's gain`} (${short(1 - gains[worst.target])})${laboratory.length > 0 ? `; taken for laboratory values and left out: ${laboratory.join(', ')}` : ''}`,
      suggestion:
        severity === 'passed'
          ? ''
          : worst.name === ROW_ORDER
            ? 'Find out what orders the rows (site, day, instrument), write it into a column and hold out its values (--group): a model that recognises it looks as if it saw the soil.'
            : `Hold out whole values of ${worst.name} (--group): a model that recognises it looks as if it saw the soil. If it is a laboratory value, say so with --laboratory.`,
      rows: severity === 'passed' ? [] : linesOf(audit, strongest(closeness, 10)),
      figure: barFigure(
        'Score of one column as the only input',
        [
          ...tried.slice(0, 12).map(({ name, score }) => ({ label: name, value: score })),
          { label: 'the model', value: 1 - gains[worst.target] },
        ],
        { at: 1, words: 'mean predictor' },
      ),
      table: {
        columns: ['only input', 'target it tells best', 'score', "share of the model's gain"],
        rows: tried.map(({ name, target, score, share }) => [name, audit.targets[target], score, share]),
      },
    });
  },
};

/** Score of one target. */
function targetScore(
  audit: AuditCase,
  prediction: Float64Array,
  baseline: Float64Array,
  t: number,
  rows: Uint32Array,
): number {
  const T = audit.targets.length;
  const of = (values: Float64Array) => column(values, t, T);
  return scoreOf({ truth: of(audit.truth), baseline: of(baseline), targets: [audit.targets[t]] }, of(prediction), rows);
}

function candidatesOf(audit: AuditCase): { candidates: Candidate[]; laboratory: string[] } {
  const candidates: Candidate[] = [{ name: ROW_ORDER, cells: Array.from(audit.rows, String) }];
  const laboratory: string[] = [];
  const named = audit.options.laboratory ?? [];
  for (const [name, column] of audit.table.columns) {
    if (audit.targets.includes(name)) continue;
    if (LABORATORY.test(name) || named.includes(name)) {
      laboratory.push(name);
      continue;
    }
    const cells = Array.from(audit.rows, (row) => column[row].trim());
    if (new Set(cells).size > 1) candidates.push({ name: `column ${name}`, cells });
  }
  return { candidates, laboratory };
}

/** Rows that the audit's folds hold out. */
function foldedRows(audit: AuditCase): Uint32Array {
  return allRows(audit).filter((row) => audit.folds.of[row] < audit.folds.names.length);
}

/** Out-of-fold estimates from one column: a forest where it is a scale, the mean of each name where it has few values or is text. */
function shortcutPrediction(audit: AuditCase, { name, cells }: Candidate): Float64Array {
  const T = audit.targets.length;
  const numbers = Float32Array.from(cells, (cell) => (cell === '' ? Number.NaN : Number(cell)));
  const isScale = new Set(cells).size > MOST_NAMES && numbers.every(Number.isFinite);
  const prediction = new Float64Array(audit.n * T).fill(Number.NaN);
  for (let fold = 0; fold < audit.folds.names.length; fold++) {
    const training = allRows(audit).filter((row) => audit.folds.of[row] !== fold);
    const held = allRows(audit).filter((row) => audit.folds.of[row] === fold);
    const truth = Float64Array.from(
      { length: training.length * T },
      (_, i) => audit.truth[training[Math.floor(i / T)] * T + (i % T)],
    );
    const estimates = isScale
      ? scaleEstimates(
          numbers,
          training,
          held,
          truth,
          T,
          Random.of(audit.options.seed, `shortcut ${name} ${fold}`).uint32(),
        )
      : nameEstimates(cells, training, held, truth, T);
    held.forEach((row, i) => {
      prediction.set(estimates.subarray(i * T, (i + 1) * T), row * T);
    });
  }
  return prediction;
}

function scaleEstimates(
  numbers: Float32Array,
  training: Uint32Array,
  held: Uint32Array,
  truth: Float64Array,
  T: number,
  seed: number,
): Float64Array {
  const shape = { rows: training.length, features: 1, targets: T };
  const minLeaf = Math.max(2, Math.round(training.length / 60));
  const forest = trainForest(
    Float32Array.from(training, (row) => numbers[row]),
    truth,
    shape,
    { trees: TREES, minLeaf, mtry: 1, seed },
  );
  return predictForest(
    forest,
    Float32Array.from(held, (row) => numbers[row]),
  );
}

/** Mean of the training rows of the same name, drawn to the overall mean as by two rows more. */
function nameEstimates(
  cells: readonly string[],
  training: Uint32Array,
  held: Uint32Array,
  truth: Float64Array,
  T: number,
): Float64Array {
  const overall = new Float64Array(T);
  truth.forEach((value, i) => {
    overall[i % T] += value / training.length;
  });
  const sums = new Map<string, { count: number; sum: Float64Array }>();
  training.forEach((row, i) => {
    const entry = sums.get(cells[row]) ?? { count: 0, sum: new Float64Array(T) };
    entry.count++;
    for (let t = 0; t < T; t++) entry.sum[t] += truth[i * T + t];
    sums.set(cells[row], entry);
  });
  const estimates = new Float64Array(held.length * T);
  held.forEach((row, i) => {
    const entry = sums.get(cells[row]);
    for (let t = 0; t < T; t++)
      estimates[i * T + t] = entry === undefined ? overall[t] : (entry.sum[t] + 2 * overall[t]) / (entry.count + 2);
  });
  return estimates;
}
