/** What `nadir concepts evaluate` prints: a table for each kind of measure. */
import type { Comparison, ConceptEvaluation, LabelEvaluation, StudentEvaluation } from '../concepts/index.ts';

type Quality = ConceptEvaluation['full'];

export function evaluationLines(
  evaluation: ConceptEvaluation & { readonly against?: { readonly report: string } },
): string[] {
  const { byK, full, pursuit, student, labels, against, dead, decoderOrthogonality, rows } = evaluation;
  const { quantiles } = full.l0Distribution;
  return [
    ...qualityTable(byK, full),
    `L0 of the rows without a limit: ${quantiles.map(({ share, l0 }) => `${percent(share)} ${fixed(l0, 0)}`).join(', ')}`,
    `density of the latents, log10: ${densityOf(full)}`,
    `${dead} latents not used on ${rows} rows, decoder orthogonality ${decoderOrthogonality.toExponential(2)}`,
    ...(pursuit ? ['', 'by pursuit', ...qualityTable(pursuit)] : []),
    ...(student ? ['', ...studentLines(student)] : []),
    ...(labels ? ['', ...labelLines(labels)] : []),
    ...(against ? ['', ...againstLines(against), `report ${against.report}`] : []),
  ];
}

function qualityTable(byK: readonly ({ readonly k: number } & Quality)[], full?: Quality): string[] {
  const line = (k: string, quality: Quality) => [
    ...[
      k,
      fixed(quality.l0, 1),
      percent(quality.sparsity),
      fixed(quality.cosine),
      fixed(quality.fvu),
      fixed(quality.evr),
    ],
    ...[
      fixed(quality.nmae),
      fixed(quality.explainedVariance),
      fixed(quality.cknna),
      fixed(quality.shrinkage.normRatio),
    ],
    ...[fixed(quality.shrinkage.slope), String(quality.dead)],
  ];
  return columns([
    ['k', 'L0', 'zeros', 'cosine', 'FVU', 'EVR', 'NMAE', 'R²', 'CKNNA', 'norm ratio', 'slope', 'dead'],
    ...byK.map((quality) => line(String(quality.k), quality)),
    ...(full ? [line('all', full)] : []),
  ]);
}

function densityOf({ density: { edges, counts } }: Quality): string {
  const bins = counts.flatMap((count, i) => (count > 0 ? [`${edges[i]} to ${edges[i + 1]}: ${count}`] : []));
  return bins.join(', ') || 'none used';
}

function studentLines({ bytes, latents, byK }: StudentEvaluation): string[] {
  return [
    `student: ${bytes} bytes, ${latents} latents; what it loses`,
    ...columns([
      ['k', 'cosine', 'FVU', 'NMAE', 'R²', 'CKNNA', 'norm ratio', 'dead', 'Jaccard', 'same first'],
      ...byK.map(({ k, loss, jaccard, sameStrongest }) => [
        ...[
          String(k),
          fixed(loss.cosine, 5),
          fixed(loss.fvu, 5),
          fixed(loss.nmae, 5),
          fixed(loss.explainedVariance, 5),
        ],
        ...[fixed(loss.cknna, 5), fixed(loss.normRatio, 5), String(loss.dead), fixed(jaccard), fixed(sameStrongest)],
      ]),
    ]),
  ];
}

function labelLines({ classes, trainedOn, rows, k, probe, sparseProbing, absorption }: LabelEvaluation): string[] {
  return [
    `linear probe of ${classes.length} classes, trained on ${trainedOn} rows, read on ${rows} others: accuracy ${fixed(probe.accuracy)}`,
    ...columns([
      ['k', 'KL', 'agreement', 'accuracy'],
      ...[...probe.byK.map(({ k: at, ...loss }) => ({ at: String(at), ...loss })), { at: 'all', ...probe.full }].map(
        ({ at, kl, agreement, accuracy }) => [at, fixed(kl), fixed(agreement), fixed(accuracy)],
      ),
    ]),
    `classes by the best of a row's ${k} strongest latents, means over the classes`,
    ...columns([
      ['latents', 'accuracy', 'balanced', 'F1'],
      ...sparseProbing.mean.sparse.map((figures) => [String(figures.k), ...accuracyOf(figures)]),
      ['dense', ...accuracyOf(sparseProbing.mean.dense)],
    ]),
    `splitting and absorption: ${fixed(absorption.mean.mains, 1)} main latents a class, ${percent(absorption.mean.absorbed)} of rows absorbed`,
    ...columns([
      ['class', 'latents', 'F1', 'recall', 'absorbed', 'most in a sub-cluster'],
      ...absorption.classes.map(({ class: name, mains, f1, recall, absorbed, subs }) => [
        ...[name, String(mains.length), fixed(f1), fixed(recall), percent(absorbed)],
        percent(Math.max(0, ...subs.map((sub) => sub.absorbed))),
      ]),
    ]),
  ];
}

function accuracyOf(figures: LabelEvaluation['sparseProbing']['mean']['dense']): string[] {
  return [fixed(figures.accuracy), fixed(figures.balancedAccuracy), fixed(figures.f1)];
}

function againstLines({ models, points, rows }: Comparison): string[] {
  return [
    `${models.length} models on ${rows} rows; * on a Pareto front`,
    ...columns([
      ['', 'model', 'latents', 'encoder bytes', 'atoms matched'],
      ...models.map(({ name, n, bytes, nonDominated, stability }) => [
        ...[nonDominated ? '*' : '', name, String(n), String(bytes), stability ? fixed(stability.meanMatched) : ''],
      ]),
    ]),
    ...columns([
      ['model', 'k', 'L0', 'FVU', 'cosine', 'on the front by'],
      ...points.map(({ name, k, l0, fvu, cosine, fronts }) => [
        ...[name, k === null ? 'all' : String(k), fixed(l0, 1), fixed(fvu), fixed(cosine), fronts.join(' ')],
      ]),
    ]),
  ];
}

/** Rows of cells under each other. */
function columns(rows: readonly (readonly string[])[]): string[] {
  const widths = rows[0].map((_, i) => Math.max(...rows.map((row) => row[i].length)));
  return rows.map((row) => row.map((cell, i) => cell.padStart(widths[i])).join('  '));
}

function fixed(value: number, digits = 4): string {
  return value.toFixed(digits);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}
