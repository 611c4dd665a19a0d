/** pareto.html of a comparison: the fronts drawn, each also as SVG beside it, and a table of all points. */
import { join } from 'node:path';
import { canonicalJson, html, page, raw, VERSION, writeFileAtomic } from '../../base/index.ts';
import { type Comparison, type Contestant, FRONTS, type Front } from './against.ts';
import { drawFronts } from './pareto-chart.ts';

/** Files of a report. */
export interface ParetoFiles {
  readonly report: string;
  readonly document: string;
  readonly charts: Readonly<Record<Front, string>>;
}

/** Where it came from. */
export interface ParetoSource {
  readonly data: string;
  readonly seed: number;
}

/** Writes pareto.html, pareto.json and the charts to a folder. */
export async function writePareto(out: string, comparison: Comparison, about: ParetoSource): Promise<ParetoFiles> {
  const { points, models, rows } = comparison;
  const drawn = await drawFronts(points);
  const file = (name: string) => join(out, name);
  const charts = { fvu: file('pareto-fvu.svg'), cosine: file('pareto-cosine.svg'), bytes: file('pareto-bytes.svg') };
  const body = html`<h1>${models.length} models on the same rows</h1>
<p class="soft">${rows} rows of ${about.data}, seed ${about.seed}, Nadir ${VERSION}</p>
<p>Full dots are on the Pareto front: no other dot is at least as good in both directions and better in one. ${worthIt(models)}</p>
<h2>What a number of latents buys</h2>
<figure>${raw(drawn.fvu)}<figcaption>Fraction of variance unexplained by mean number of active latents (L0); lower and further left is better.</figcaption></figure>
<figure>${raw(drawn.cosine)}<figcaption>Mean cosine of embedding and reconstruction by L0; higher and further left is better.</figcaption></figure>
<h2>What an encoder's bytes buy</h2>
<figure>${raw(drawn.bytes)}<figcaption>FVU by the encoder's size; a colour for each k, within which models are compared.</figcaption></figure>
<h2>Models</h2>
<table><tr><th>model</th><th>format</th><th>latents</th><th>encoder bytes</th><th>not dominated</th><th>atoms matched with ${models[0].name}: mean cosine</th><th>cosine ≥ 0.7</th></tr>
${models.map(
  ({ name, format, n, bytes, nonDominated, stability }) =>
    html`<tr><td>${name}</td><td>${format}</td><td>${n}</td><td>${bytes}</td><td>${nonDominated && '●'}</td><td>${stability?.meanMatched.toFixed(4)}</td><td>${stability && `${(100 * stability.sharedShare).toFixed(1)} %`}</td></tr>`,
)}</table>
<h2>Points</h2>
<table><tr><th>model</th><th>k</th><th>L0</th><th>FVU</th><th>cosine</th><th>on the front by</th></tr>
${points.map(
  ({ name, k, l0, fvu, cosine, fronts }) =>
    html`<tr><td>${name}</td><td>${k ?? 'all'}</td><td>${l0.toFixed(1)}</td><td>${fvu.toFixed(4)}</td><td>${cosine.toFixed(4)}</td><td>${fronts.join(', ')}</td></tr>`,
)}</table>`;
  for (const front of FRONTS) await writeFileAtomic(charts[front], drawn[front]);
  const document = file('pareto.json');
  await writeFileAtomic(document, canonicalJson({ version: VERSION, ...about, ...comparison }));
  const report = file('pareto.html');
  await writeFileAtomic(report, page('Models compared', body));
  return { report, document, charts };
}

function worthIt(models: readonly Contestant[]): string {
  const worth = models.filter(({ nonDominated }) => nonDominated).map(({ name }) => name);
  return `On one front at least: ${worth.join(', ')}.`;
}
