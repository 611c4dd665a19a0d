/** Report of `spectra train`. */
import { html, type Markup, page, raw } from '../base/index.ts';
import type { Folds, Score, SoilModel } from '../spectra/index.ts';
import { fixed } from './decimals.ts';
import type { AutoOutcome } from './outcomes.ts';
import { numbers, provenance, splitNote, targetTable } from './report.ts';

export function trainReport(parts: {
  readonly model: SoilModel;
  readonly score: Score;
  readonly folds: Folds;
  readonly figure: string | null;
  readonly auto: AutoOutcome | null;
}): string {
  const { model, score, folds, figure, auto } = parts;
  const range = score.interval95;
  return page(
    `Soil model: ${model.data.name}`,
    html`<h1>A soil model: ${model.model}</h1>
${provenance(model)}
${splitNote(model, folds)}
${numbers([
  [fixed(score.mean, 3), `challenge score${range ? ` (95 %: ${fixed(range[0], 3)} … ${fixed(range[1], 3)})` : ''}`],
  [fixed(score.sd, 3), 'SD over the folds'],
  [String(model.features.length), 'features'],
  [String(model.bandsRead.length), `bands read of ${model.wavelengthsNm.length}`],
])}
<p>The score is the mean over the folds of the mean over the targets of MSE ÷ MSE of the training-mean predictor: lower is better, 1 is no better than the mean.</p>
<h2>Each target</h2>
${targetTable(score.perTarget, model)}
${auto && autoSection(auto)}
<h2>Each fold</h2>
<table><tr><th>fold</th><th>rows</th><th>score</th></tr>${folds.names.map(
      (name, fold) =>
        html`<tr><td>${name}</td><td>${folds.of.filter((of) => of === fold).length}</td><td>${fixed(score.folds[fold], 4)}</td></tr>`,
    )}</table>
${figure && html`<h2>Where it looks</h2><figure>${raw(figure)}<figcaption>On a sample of the rows it was trained on. Importance is not cause, and a band's neighbours carry nearly the same signal.</figcaption></figure>`}`,
  );
}

/** What was chosen, in each fold without its rows and in the end on all. */
function autoSection({ candidates, inFold, final }: AutoOutcome): Markup {
  const targets = Object.keys(final);
  const words = (weights: Readonly<Record<string, number>>) =>
    Object.entries(weights)
      .toSorted((a, b) => b[1] - a[1])
      .map(([name, weight]) => `${name} ${weight.toFixed(2)}`)
      .join(', ');
  return html`<h2>What was chosen</h2>
<p>For each fold and target the weights were chosen by inner folds that never saw it, so the score above pays for the choice too. The model that was kept has the weights of the last line.</p>
<table><tr><th>fold</th>${targets.map((target) => html`<th>${target}</th>`)}</tr>${[
    ...Object.entries(inFold),
    ['kept', final] as const,
  ].map(
    ([fold, weights]) =>
      html`<tr><td>${fold}</td>${targets.map((target) => html`<td>${words(weights[target])}</td>`)}</tr>`,
  )}</table>
<table><tr><th>candidate by itself</th><th>score</th></tr>${candidates.map(
    ({ name, score }) => html`<tr><td>${name}</td><td>${fixed(score, 4)}</td></tr>`,
  )}</table>`;
}
