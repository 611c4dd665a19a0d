/** The report beside a map: what share of the frame the model may speak of, the maps with their legends, the fields. */
import { html, page, raw } from '../../base/index.ts';
import type { Frame, SoilModel } from '../../spectra/index.ts';
import { RAMP_GRADIENT, type Range } from './map-image.ts';
import type { MapOutcome } from './map-outcome.ts';

export interface DrawnMap {
  readonly target: string;
  readonly path: string;
  readonly png: Buffer;
  readonly estimate: Range;
  readonly halfWidth: Range;
}

const MOST_FIELDS = 200;

/** One self-contained page. */
export function mapReport(parts: {
  readonly model: SoilModel;
  readonly frame: Frame;
  readonly outcome: MapOutcome;
  readonly drawn: readonly DrawnMap[];
}): string {
  const { model, frame, outcome, drawn } = parts;
  const { pixels, fields } = outcome.outOfDistribution;
  const coverage = model.uncertainty ? `${Math.round(100 * model.uncertainty.coverage)} %` : 'no stated';
  return page(
    `Soil map: ${frame.name}`,
    html`<h1>A soil map of ${frame.name}</h1>
<p class="soft">${frame.height} × ${frame.width} pixels, ${frame.bands} bands, SHA-256 ${frame.sha256.slice(0, 16)}… · model of ${model.features.length} features and ${model.bandsRead.length} bands, trained on ${model.data.name}</p>
<div class="numbers"><div><b>${percent(pixels)}</b><span>of the pixels unlike the training</span></div>${
      fields !== null &&
      html`<div><b>${percent(fields)}</b><span>of ${outcome.fields.length} fields unlike the training</span></div>`
    }<div><b>${coverage}</b><span>coverage of the intervals, on samples like those trained on</span></div></div>
<p>Where a spectrum is unlike those that the model was trained on, neither its estimate nor its interval means anything: such pixels are faded in the first two panels and red in the third.</p>
<ul>${outcome.notes.map((note) => html`<li>${note}</li>`)}</ul>
${drawn.map(
  ({ target, png, estimate, halfWidth }) => html`<h2>${target}</h2>
<figure><img alt="map of ${target}" style="width:100%;image-rendering:pixelated" src="data:image/png;base64,${png.toString('base64')}"><figcaption>Left the estimate, ${span(estimate)}; in the middle the half width of its interval, ${span(halfWidth)}; right the frame's mean, red where the model does not apply.
<span style="display:inline-block;width:12em;height:.8em;background:${raw(RAMP_GRADIENT)}"></span> low to high (2nd to 98th percentile where the model applies).</figcaption></figure>`,
)}
${
  outcome.fields.length > 0 &&
  html`<h2>The fields</h2><table><tr><th>label</th><th>row</th><th>column</th><th>pixels</th>${model.targets.map((name) => html`<th>${name}</th>`)}<th>distance</th></tr>${outcome.fields
    .slice(0, MOST_FIELDS)
    .map(
      (field) =>
        html`<tr><td>${field.label}</td><td>${field.row}</td><td>${field.column}</td><td>${field.pixels}</td>${model.targets.map(
          (name) => html`<td>${field.estimate[name].toPrecision(3)} ± ${field.halfWidth[name].toPrecision(2)}</td>`,
        )}<td>${field.distance === null ? '–' : field.distance.toFixed(2)}${field.outOfDistribution && html` <b>unlike</b>`}</td></tr>`,
    )}</table>${outcome.fields.length > MOST_FIELDS && html`<p class="soft">The first ${MOST_FIELDS} of ${outcome.fields.length}.</p>`}`
}`,
  );
}

function percent(share: number): string {
  return `${(100 * share).toFixed(share > 0.1 ? 0 : 1)} %`;
}

function span([low, high]: Range): string {
  return `${low.toPrecision(3)} … ${high.toPrecision(3)}`;
}
