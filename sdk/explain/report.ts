/** The reports beside a soil model: numbers first, then the figures, then the tables; one self-contained page each. */
import { html, type Markup, page, raw } from '../base/index.ts';
import type { Folds, Score, SoilModel } from '../spectra/index.ts';
import type { ExplainOutcome, PruneOutcome } from './outcomes.ts';

/** Report of `spectra prune`. */
export function pruneReport(parts: {
  readonly model: SoilModel;
  readonly outcome: PruneOutcome;
  readonly folds: Folds;
  readonly figures: { readonly curve: string; readonly pruned: string; readonly full: string | null };
}): string {
  const { model, outcome, folds, figures } = parts;
  const chosen = outcome.curve.find((point) => point.keep === outcome.chosen) ?? outcome.curve[0];
  return page(
    `Pruned soil model: ${model.data.name}`,
    html`<h1>A soil model of ${outcome.chosen} features</h1>
${provenance(model)}
${numbers([
  [fixed(outcome.full.score, 3), `score with all ${outcome.full.features} features`],
  [fixed(chosen.score, 3), `score with ${chosen.keep} features`],
  [`${signed(chosen.lossPercent, 1)} %`, 'loss'],
  [String(chosen.bandsRead), `bands read of ${model.wavelengthsNm.length}`],
])}
<p>The score is the mean over the folds of the mean over the targets of MSE ÷ MSE of the training-mean predictor: lower is better, 1 is no better than the mean.
Features were chosen anew inside each fold, from its training rows only. The count is ${outcome.rule}.</p>
${splitNote(model, folds)}
<h2>What fewer features cost</h2>
<figure>${raw(figures.curve)}</figure>
<table><tr><th>features</th><th>score</th><th>SD over folds</th><th>loss, %</th><th>SD of the loss</th><th>bands read</th><th>agreement of folds</th></tr>
<tr><td>all ${outcome.full.features}</td><td>${fixed(outcome.full.score, 4)}</td><td>${fixed(outcome.full.sd, 4)}</td><td></td><td></td><td>${outcome.full.bandsRead}</td><td></td></tr>
${outcome.curve.map(
  (point) =>
    html`<tr><td>${point.keep === outcome.chosen ? html`<b>${point.keep}</b>` : point.keep}</td><td>${fixed(point.score, 4)}</td><td>${fixed(point.sd, 4)}</td><td>${signed(point.lossPercent, 2)}</td><td>${fixed(point.lossSdPercent, 2)}</td><td>${point.bandsRead}</td><td>${fixed(point.agreement, 2)}</td></tr>`,
)}</table>
<p class="soft">Agreement is the mean Jaccard overlap of the features that two folds keep: where it is low, other features would have done as well, and the kept ones should not be read as the cause.</p>
<h2>Where it looks</h2>
<figure>${raw(figures.pruned)}<figcaption>On the rows it was trained on. Importance is not cause, and a band's neighbours carry nearly the same signal.</figcaption></figure>
${figures.full && html`<figure>${raw(figures.full)}<figcaption>The forest on all features, on a sample of its training rows: what the choice started from.</figcaption></figure>`}
<h2>Each target</h2>
${targetTable(outcome.perTarget, model)}
<h2>The kept features</h2>
${featureTable(model)}`,
  );
}

/** Report of `spectra train`. */
export function trainReport(parts: {
  readonly model: SoilModel;
  readonly score: Score;
  readonly folds: Folds;
  readonly figure: string | null;
}): string {
  const { model, score, folds, figure } = parts;
  return page(
    `Soil model: ${model.data.name}`,
    html`<h1>A soil model: ${model.model}</h1>
${provenance(model)}
${numbers([
  [fixed(score.mean, 3), 'challenge score'],
  [fixed(score.sd, 3), 'SD over the folds'],
  [String(model.features.length), 'features'],
  [String(model.bandsRead.length), `bands read of ${model.wavelengthsNm.length}`],
])}
<p>The score is the mean over the folds of the mean over the targets of MSE ÷ MSE of the training-mean predictor: lower is better, 1 is no better than the mean.</p>
${splitNote(model, folds)}
<h2>Each target</h2>
${targetTable(score.perTarget, model)}
<h2>Each fold</h2>
<table><tr><th>fold</th><th>rows</th><th>score</th></tr>${folds.names.map(
      (name, fold) =>
        html`<tr><td>${name}</td><td>${folds.of.filter((of) => of === fold).length}</td><td>${fixed(score.folds[fold], 4)}</td></tr>`,
    )}</table>
${figure && html`<h2>Where it looks</h2><figure>${raw(figure)}<figcaption>On a sample of the rows it was trained on. Importance is not cause, and a band's neighbours carry nearly the same signal.</figcaption></figure>`}`,
  );
}

/** Report of `spectra explain`. */
export function explainReport(parts: {
  readonly model: SoilModel;
  readonly outcome: ExplainOutcome;
  readonly figure: string;
  readonly data: string;
}): string {
  const { model, outcome, figure, data } = parts;
  return page(
    `Soil model explained: ${data}`,
    html`<h1>What the soil model looks at</h1>
${provenance(model)}
${numbers([
  [String(outcome.n), `samples of ${data} explained`],
  [String(model.features.length), 'features'],
  [outcome.additivityError.toExponential(1), 'largest error of base + Σ SHAP'],
])}
<figure>${raw(figure)}</figure>
<h2>Base values</h2>
<table><tr><th>target</th><th>base</th><th>SD in training</th></tr>${model.targets.map(
      (name, t) =>
        html`<tr><td>${name}</td><td>${fixed(outcome.base[t], 4)}</td><td>${fixed(model.targetSd[name], 4)}</td></tr>`,
    )}</table>
<p class="soft">Path-dependent TreeSHAP: each row's base plus its SHAP values is its prediction. In features that move together the values are shared out by how the trees happened to split.</p>`,
  );
}

function provenance(model: SoilModel): Markup {
  const dropped = Number(model.options.droppedRows ?? 0);
  return html`<p class="soft">${model.data.name}, SHA-256 ${model.data.sha256.slice(0, 16)}…, ${model.data.rows} rows with ${model.targets.join(', ')}${
    dropped > 0 && ` (${dropped} left out, a target is unknown)`
  } · seed ${model.seed} · Nadir ${model.version}</p>`;
}

/** Says how rows were kept apart, because random folds flatter where samples of one field are on both sides. */
function splitNote(model: SoilModel, folds: Folds): Markup {
  const random = folds.scheme.includes('random');
  return html`<p>Validated on ${folds.scheme}. ${
    random &&
    'Random folds put samples of one field on both sides and flatter a model: see the figure of --folds column:NAME or --group NAME before trusting it elsewhere.'
  } The model itself was then trained on all ${model.data.rows} rows.</p>`;
}

function numbers(cells: readonly (readonly [string, string])[]): Markup {
  return html`<div class="numbers">${cells.map(([value, words]) => html`<div><b>${value}</b><span>${words}</span></div>`)}</div>`;
}

function targetTable(perTarget: Score['perTarget'], model: SoilModel): Markup {
  return html`<table><tr><th>target</th><th>score</th><th>R²</th><th>RMSE</th><th>bias</th><th>RPD</th><th>RPIQ</th><th>SD</th></tr>${Object.entries(
    perTarget,
  ).map(
    ([name, figures]) =>
      html`<tr><td>${name}</td><td>${fixed(figures.score, 3)}</td><td>${fixed(figures.r2, 3)}</td><td>${fixed(figures.rmse, 3)}</td><td>${signed(figures.bias, 3)}</td><td>${fixed(figures.rpd, 2)}</td><td>${fixed(figures.rpiq, 2)}</td><td>${fixed(model.targetSd[name], 3)}</td></tr>`,
  )}</table>
<p class="soft">R² is 1 − SSE/SST; bias is prediction − truth; RPD is SD/RMSE with n − 1; RPIQ is (Q3 − Q1)/RMSE with linearly interpolated quartiles; all over the pooled predictions of the folds.</p>`;
}

function featureTable(model: SoilModel): Markup {
  return html`<table><tr><th>feature</th><th>bands read</th><th>from, nm</th><th>to, nm</th></tr>${model.features.map(
    ({ name, bands }) =>
      html`<tr><td><code>${name}</code></td><td>${bands.length}</td><td>${model.wavelengthsNm[bands[0]]}</td><td>${model.wavelengthsNm[bands[bands.length - 1]]}</td></tr>`,
  )}</table>`;
}

function fixed(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? '–' : value.toFixed(digits).replace('-', '−');
}

function signed(value: number, digits: number): string {
  return `${value >= 0 ? '+' : ''}${fixed(value, digits)}`;
}
