/** Sections of the pruning report on bands under a budget, on rankings and on the symbolic formula. */
import { html, type Markup, raw } from '../base/index.ts';
import { CORE_SHARE as BAND_CORE, type BandPoint, NEAR_NM } from './bands.ts';
import { fixed, signed } from './decimals.ts';
import type { FormulaOutcome } from './formula.ts';
import { type Candidate, KNEE_RULE } from './pareto.ts';
import { LOGARITHM } from './pareto-cost.ts';
import { CORE_SHARE, type RankingOutcome, whereShapDoesNotWin } from './rankings.ts';

/** Bands under a budget: the front, the comparison with other choices, the map. */
export function bandSection(parts: {
  readonly points: readonly BandPoint[];
  readonly front: readonly Candidate[];
  readonly knee: Candidate;
  readonly withoutEachFold: readonly number[];
  readonly figures: { readonly pareto: string; readonly map: string };
}): Markup {
  const { points, front, knee, withoutEachFold, figures } = parts;
  return html`<h2>Bands under a budget</h2>
<p>The instrument reads a set of bands and nothing else: a feature stays only where every band it reads is in the set. Beside what the catalogue leaves,
the forest is given the set’s reflectances, the logarithms of its band ratios (<code>ratio@i-j</code>), and its band depths in absorbance (<code>depth@i-j-k</code>);
the model of all features has no such ratios, so a loss below zero is their doing as much as the bands’.
Bands were searched anew inside each fold: swap moves on the leave-one-out error of a ridge regression on a cubic of the absorbances, from three starts; a small forest in inner folds judges what they reach.</p>
<figure>${raw(figures.pareto)}</figure>
<table><tr><th>bands</th><th>score</th><th>SD over folds</th><th>loss, %</th><th>worst fold, %</th><th>greedy, %</th><th>equal steps, %</th><th>features</th><th>operations</th><th>pruned: loss, %</th><th>operations</th></tr>
${points.map(
  ({ bands, score, sd, lossPercent, worstFoldLossPercent, others, cost, few }) =>
    html`<tr><td>${bands}</td><td>${fixed(score, 4)}</td><td>${fixed(sd, 4)}</td><td>${signed(lossPercent, 2)}</td><td>${signed(worstFoldLossPercent, 1)}</td><td>${signed(others.greedy.lossPercent, 2)}</td><td>${signed(others.equal.lossPercent, 2)}</td><td>${cost.features}</td><td>${Math.round(cost.operations)}</td><td>${few ? `${signed(few.lossPercent, 2)} (${few.cost.features})` : '–'}</td><td>${few ? Math.round(few.cost.operations) : '–'}</td></tr>`,
)}</table>
<p class="soft">Operations of one estimate: multiply-adds of the features that the trees test, ${LOGARITHM} for each band’s logarithm, and the comparisons in the trees. The pruned column keeps features by SHAP, their number in brackets.</p>
<p>${verdict(points, 'greedy')} ${verdict(points, 'equal')}</p>
<p><b>The knee: ${knee.cost.bands} bands, ${knee.cost.features} features, ${Math.round(knee.cost.operations)} operations, loss ${signed(knee.lossPercent, 2)} %.</b> It is ${KNEE_RULE}.
${withoutEachFold.length > 0 && `With each fold left out in turn it has ${range(withoutEachFold)} bands.`} It was found on the folds that give its score, which flatters it a little.</p>
<table><tr><th>on the front</th><th>bands</th><th>features</th><th>operations</th><th>score</th><th>loss, %</th></tr>
${front.map(
  ({ kind, asked, cost, score, lossPercent }) =>
    html`<tr><td>${kind === 'bands' ? `budget of ${asked} bands` : kind === 'features' ? `${asked} features by SHAP` : 'all features'}</td><td>${cost.bands}</td><td>${cost.features}</td><td>${Math.round(cost.operations)}</td><td>${fixed(score, 4)}</td><td>${signed(lossPercent, 2)}</td></tr>`,
)}</table>
<figure>${raw(figures.map)}<figcaption>A dot marks a band that at least ${Math.round(100 * BAND_CORE)} % of the folds read within ${NEAR_NM} nm: the stable core. Where folds disagree, neighbours would have done as well.</figcaption></figure>
<table><tr><th>bands</th><th>nm</th><th>stable core, nm</th><th>same bands (Jaccard)</th><th>within ${NEAR_NM} nm</th></tr>
${points.map(
  ({ bands, nm, core, agreement, agreementNearby }) =>
    html`<tr><td>${bands}</td><td>${nm.join(', ')}</td><td>${core.join(', ') || 'none'}</td><td>${fixed(agreement, 2)}</td><td>${fixed(agreementNearby, 2)}</td></tr>`,
)}</table>`;
}

/** Whether the search beats another choice, budget by budget, in a sentence. */
function verdict(points: readonly BandPoint[], other: 'greedy' | 'equal'): string {
  const name = other === 'greedy' ? 'the greedy ranking by net SHAP' : 'equal steps';
  const of = (holds: (behind: number, error: number) => boolean) =>
    points.filter(({ others }) => holds(others[other].behind, others[other].behindError)).map(({ bands }) => bands);
  const better = of((behind, error) => behind > error);
  const worse = of((behind, error) => behind < -error);
  const level = points.map(({ bands }) => bands).filter((bands) => !better.includes(bands) && !worse.includes(bands));
  const clauses = [
    better.length > 0 && `beats ${name} at ${better.join(', ')} bands`,
    level.length > 0 && `is level with ${better.length > 0 ? 'it' : name} at ${level.join(', ')}`,
    worse.length > 0 && `loses to ${name} at ${worse.join(', ')}`,
  ].filter((clause) => clause !== false);
  return `The search ${clauses.join(', ')} (better or worse by more than one standard error of the difference over the folds).`;
}

function range(values: readonly number[]): string {
  const [low, high] = [Math.min(...values), Math.max(...values)];
  return low === high ? String(low) : `${low} to ${high}`;
}

/** Rankings side by side. */
export function rankingSection(rankings: readonly RankingOutcome[], figure: string): Markup {
  const notes = whereShapDoesNotWin(rankings);
  return html`<h2>SHAP beside other rankings</h2>
<p>The same elimination in stages, the same folds and forests; only what features are ranked by differs. Impurity and permutation are measured on training rows, as SHAP is; “random” keeps features by lot; “equal” keeps reflectances at equal steps.</p>
<figure>${raw(figure)}</figure>
<table><tr><th>ranking</th>${rankings[0].points.map(({ keep }) => html`<th>${keep}: score ± SD</th><th>loss, %</th>`)}<th>agreement of folds</th><th>of seeds</th></tr>
${rankings.map(
  ({ name, points, agreementOfFolds, agreementOfSeeds }) =>
    html`<tr><td>${name}</td>${rankings[0].points.map(({ keep }) => {
      const point = points.find((own) => own.keep === keep);
      return point
        ? html`<td>${fixed(point.score, 4)} ± ${fixed(point.sd, 4)}</td><td>${signed(point.lossPercent, 2)}</td>`
        : html`<td>–</td><td>–</td>`;
    })}<td>${fixed(agreementOfFolds, 2)}</td><td>${fixed(agreementOfSeeds, 2)}</td></tr>`,
)}</table>
<p>${notes.length === 0 ? 'SHAP is better than every other ranking at every count by more than one standard error of the difference over the folds.' : html`SHAP does not win everywhere: ${notes.join('; ')}. Elsewhere it is better by more than one standard error of the difference over the folds.`}</p>
${rankings
  .filter(({ core }) => core !== undefined)
  .map(
    ({ name, core = [] }) =>
      html`<p class="soft">Stable core of ${name}, in the top 24 of at least ${Math.round(100 * CORE_SHARE)} % of the forests over folds and seeds: ${core.length === 0 ? 'none' : core.map((feature, i) => html`${i > 0 && ', '}<code>${feature}</code>`)}</p>`,
  )}`;
}

/** The formula of each target, its terms with their errors, and its score beside the forest's. */
export function formulaSection(formulas: Readonly<Record<string, FormulaOutcome>>, features: number): Markup {
  return html`<h2>A formula to read beside the forest</h2>
<p>Sparse regression on the strongest of the ${features} kept features: themselves, squares, logarithms, products and ratios, as many as inner folds warrant within one standard error. Everything was chosen anew inside each fold for the scores.</p>
<table><tr><th>target</th><th>formula: score</th><th>R²</th><th>forest on ${features} features: score</th><th>R²</th></tr>
${Object.entries(formulas).map(
  ([target, own]) =>
    html`<tr><td>${target}</td><td>${fixed(own.score, 3)}</td><td>${fixed(own.r2, 3)}</td><td>${fixed(own.forestScore, 3)}</td><td>${fixed(own.forestR2, 3)}</td></tr>`,
)}</table>
${Object.values(formulas).map(
  (own) => html`<p><code>${own.text}</code></p>
<table><tr><th>term</th><th>coefficient</th><th>standard error</th><th>range in training</th></tr>${own.terms.map(
    ({ term, coefficient, standardError, from, to }) =>
      html`<tr><td><code>${term}</code></td><td>${coefficient.toPrecision(4)}</td><td>${standardError.toPrecision(2)}</td><td>${from.toPrecision(3)} … ${to.toPrecision(3)}</td></tr>`,
  )}</table>`,
)}
<p class="soft">Standard errors are those of least squares with the terms given; that the terms were chosen is not in them. A term is held within its range in training.</p>`;
}
