/** The reports beside a soil model: numbers first, then the figures, then the tables; one self-contained page each. */
import { html, type Markup, page, raw } from '../base/index.ts';
import type { Folds, Score, SoilModel } from '../spectra/index.ts';
import { fixed, signed } from './decimals.ts';
import { firstLines } from './first-lines.ts';
import type { PruneOutcome } from './outcomes.ts';

/** Report of `spectra prune`. */
export function pruneReport(parts: {
  readonly model: SoilModel;
  readonly outcome: PruneOutcome;
  readonly folds: Folds;
  readonly figures: { readonly curve: string; readonly pruned: string; readonly full: string | null };
  /** Of the model that is kept. */
  readonly headline: { readonly score: number; readonly features: number; readonly bands: number };
  /** On bands, rankings and formula, where asked for. */
  readonly sections: readonly Markup[];
}): string {
  const { model, outcome, folds, figures, headline, sections } = parts;
  return page(
    `Pruned soil model: ${model.data.name}`,
    html`<h1>A soil model of ${headline.features} features</h1>
${provenance(model)}
${splitNote(model, folds)}
${numbers([
  [fixed(outcome.full.score, 3), `score with all ${outcome.full.features} features`],
  [fixed(headline.score, 3), `score with ${headline.features} features`],
  [`${signed(100 * (headline.score / outcome.full.score - 1), 1)} %`, 'loss'],
  [String(headline.bands), `bands read of ${model.wavelengthsNm.length}`],
])}
<p>The score is the mean over the folds of the mean over the targets of MSE ÷ MSE of the training-mean predictor: lower is better, 1 is no better than the mean.
Features and bands were chosen anew inside each fold, from its training rows only. The model kept: ${outcome.rule}.</p>
<h2>What fewer features cost</h2>
<figure>${raw(figures.curve)}</figure>
<table><tr><th>features</th><th>score</th><th>SD over folds</th><th>loss, %</th><th>SD of the loss</th><th>bands read</th><th>agreement of folds</th></tr>
<tr><td>all ${outcome.full.features}</td><td>${fixed(outcome.full.score, 4)}</td><td>${fixed(outcome.full.sd, 4)}</td><td></td><td></td><td>${outcome.full.bandsRead}</td><td></td></tr>
${outcome.curve.map(
  (point) =>
    html`<tr><td>${point.keep === outcome.chosen ? html`<b>${point.keep}</b>` : point.keep}</td><td>${fixed(point.score, 4)}</td><td>${fixed(point.sd, 4)}</td><td>${signed(point.lossPercent, 2)}</td><td>${fixed(point.lossSdPercent, 2)}</td><td>${point.bandsRead}</td><td>${fixed(point.agreement, 2)}</td></tr>`,
)}</table>
<p class="soft">Agreement is the mean Jaccard overlap of the features that two folds keep: where it is low, other features would have done as well, and the kept ones should not be read as the cause.</p>
${sections}
<h2>Where it looks</h2>
<figure>${raw(figures.pruned)}<figcaption>On the rows it was trained on. Importance is not cause, and a band's neighbours carry nearly the same signal.</figcaption></figure>
${figures.full && html`<figure>${raw(figures.full)}<figcaption>The forest on all features, on a sample of its training rows: what the choice started from.</figcaption></figure>`}
<h2>Each target</h2>
${targetTable(outcome.perTarget, model)}
<h2>The kept features</h2>
${featureTable(model)}`,
  );
}

export function provenance(model: SoilModel): Markup {
  const dropped = Number(model.options.droppedRows ?? 0);
  return html`<p class="soft">${model.data.name}, SHA-256 ${model.data.sha256.slice(0, 16)}…, ${model.data.rows} rows with ${model.targets.join(', ')}${
    dropped > 0 && ` (${dropped} left out, a target is unknown)`
  } · seed ${model.seed} · Nadir ${model.version}</p>`;
}

/** What to know before any figure: see first-lines.ts. */
export function splitNote(model: SoilModel, folds: Folds): Markup {
  return html`${firstLines(folds, model.figures)}<p>The model itself was then trained on all ${model.data.rows} rows.</p>`;
}

export function numbers(cells: readonly (readonly [string, string])[]): Markup {
  return html`<div class="numbers">${cells.map(([value, words]) => html`<div><b>${value}</b><span>${words}</span></div>`)}</div>`;
}

export function targetTable(perTarget: Score['perTarget'], model: SoilModel): Markup {
  const { uncertainty } = model;
  const rows = Object.entries(perTarget).map(([name, figures]) => {
    const range = (figure: string, digits: number) => {
      const interval = figures.interval95?.[figure];
      return (
        interval && html`<br><span class="soft">${fixed(interval[0], digits)} … ${fixed(interval[1], digits)}</span>`
      );
    };
    return html`<tr><td>${name}</td><td>${fixed(figures.score, 3)}${range('score', 2)}</td><td>${fixed(figures.r2, 3)}${range('r2', 2)}</td><td>${fixed(figures.rmse, 3)}${range('rmse', 2)}</td><td>${signed(figures.bias, 3)}${range('bias', 2)}</td><td>${fixed(figures.sep, 3)}</td><td>${fixed(figures.rpd, 2)}${range('rpd', 2)}</td><td>${fixed(figures.rpiq, 2)}${range('rpiq', 2)}</td><td>${fixed(figures.ccc, 3)}${range('ccc', 2)}</td><td>${fixed(figures.slope, 2)}</td><td>${fixed(figures.intercept, 2)}</td><td>${fixed(figures.sdRatio, 2)}</td></tr>`;
  });
  const truth = Object.entries(perTarget).map(
    ([name, { n, min, max, sd, iqr }]) =>
      html`<tr><td>${name}</td><td>${n}</td><td>${fixed(min, 2)}</td><td>${fixed(max, 2)}</td><td>${fixed(sd, 3)}</td><td>${fixed(iqr, 3)}</td>${
        uncertainty &&
        html`<td>± ${fixed(uncertainty.halfWidth[name], 3)}</td><td>${fixed(100 * uncertainty.measuredCoverage[name], 1)} %</td>`
      }</tr>`,
  );
  return html`<table><tr><th>target</th><th>score</th><th>R²</th><th>RMSE</th><th>bias</th><th>SEP</th><th>RPD</th><th>RPIQ</th><th>CCC</th><th>slope</th><th>intercept</th><th>SD ratio</th></tr>${rows}</table>
<p class="soft">R² is 1 − SSE/SST; bias is prediction − truth and SEP the SD of the error without it; RPD is SD/RMSE with n − 1; RPIQ is (Q3 − Q1)/RMSE with linearly interpolated quartiles; CCC is Lin's concordance; slope and intercept of the prediction on the truth; SD ratio is SD(prediction)/SD(truth); all over the pooled predictions of the folds.${
    Object.values(perTarget).some(({ interval95 }) => interval95) && ' Small figures: 95 % bootstrap interval.'
  }</p>
<table><tr><th>target</th><th>n</th><th>least</th><th>greatest</th><th>SD</th><th>IQR</th>${
    uncertainty && html`<th>${100 * uncertainty.coverage} % interval</th><th>coverage measured</th>`
  }</tr>${truth}</table>
${
  uncertainty &&
  html`<p class="soft">Conformal intervals from the errors of ${
    uncertainty.method === 'out-of-bag' ? 'trees that had not seen the row' : 'models that had not seen the row'
  } (${uncertainty.method}), their coverage measured on rows that the width was not taken from. ${
    uncertainty.byTreeSpread &&
    `Narrower where the trees agree: ${Object.entries(uncertainty.byTreeSpread)
      .map(([name, { factor, floor }]) => `${name} ± ${fixed(factor, 2)} × (SD over the trees + ${fixed(floor, 3)})`)
      .join(', ')}.`
  }</p>`
}`;
}

function featureTable(model: SoilModel): Markup {
  return html`<table><tr><th>feature</th><th>bands read</th><th>from, nm</th><th>to, nm</th></tr>${model.features.map(
    ({ name, bands }) =>
      html`<tr><td><code>${name}</code></td><td>${bands.length}</td><td>${model.wavelengthsNm[bands[0]]}</td><td>${model.wavelengthsNm[bands[bands.length - 1]]}</td></tr>`,
  )}</table>`;
}
