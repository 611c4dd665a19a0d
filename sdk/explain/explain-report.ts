/** Report of `spectra explain`. */
import { html, page, raw } from '../base/index.ts';
import type { SoilModel } from '../spectra/index.ts';
import { fixed } from './decimals.ts';
import type { ExplainOutcome } from './outcomes.ts';
import { numbers, provenance } from './report.ts';

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
  ...(outcome.outsideShare === null
    ? []
    : [[`${(100 * outcome.outsideShare).toFixed(1)} %`, 'of the samples unlike those trained on'] as const]),
])}
<figure>${raw(figure)}</figure>
<h2>Base values</h2>
<table><tr><th>target</th><th>base</th><th>SD in training</th></tr>${model.targets.map(
      (name, t) =>
        html`<tr><td>${name}</td><td>${fixed(outcome.base[t], 4)}</td><td>${fixed(model.targetSd[name], 4)}</td></tr>`,
    )}</table>
<p class="soft">By ${outcome.method}: each row's base plus its SHAP values is its prediction. In features that move together the values are shared out by how the model happened to use them.</p>
${
  outcome.interactions &&
  html`<h2>Interactions</h2><table><tr><th>features</th><th></th><th>mean |interaction| ÷ SD</th></tr>${outcome.interactions.map(
    ({ a, b, strength }) =>
      html`<tr><td><code>${a}</code></td><td><code>${b}</code></td><td>${fixed(strength, 4)}</td></tr>`,
  )}</table>`
}`,
  );
}
