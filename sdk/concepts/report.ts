/** `report.html` of a concept model folder, made from what lies in it; it is written again after every step. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { drawChart, html, type Markup, page, raw, writeFileAtomic } from '../base/index.ts';
import { DASHBOARD } from './dashboard/file.ts';
import { studentSection } from './distil/section.ts';
import { type ConceptExamples, readExamples } from './examples.ts';
import type { NamedLatent } from './model.ts';
import { readConceptModel, readConceptNames } from './model.ts';
import { namesNote } from './naming/note.ts';
import { drawTrainingCurve } from './training-curve.ts';

const figuresSchema = z.object({
  byK: z.array(z.object({ k: z.number(), fvu: z.number(), cosine: z.number(), l0: z.number(), cknna: z.number() })),
  full: z.object({ fvu: z.number(), cosine: z.number(), l0: z.number() }),
  dead: z.number(),
  decoderOrthogonality: z.number(),
  rows: z.number(),
});
type Figures = z.infer<typeof figuresSchema>;

/** Writes `report.html` and `quality.svg`. */
export async function writeReport(folder: string): Promise<string> {
  const model = await readConceptModel(folder);
  const names = await readConceptNames(folder).catch(() => undefined);
  const examples = await readExamples(folder);
  const figures = figuresSchema.parse(model.figures);
  const chart = await qualityChart(figures);
  await writeFileAtomic(join(folder, 'quality.svg'), chart);
  const curve = await drawTrainingCurve(model.figures, model.levels);
  if (curve) await writeFileAtomic(join(folder, 'training.svg'), curve.loss);
  const hasDashboard = await stat(join(folder, DASHBOARD)).then(
    () => true,
    () => false,
  );
  const student = await studentSection(model);
  if (student?.chart) await writeFileAtomic(join(folder, 'student.svg'), student.chart);
  const valid = names?.named.filter((named) => named.valid) ?? [];
  const at64 = figures.byK.find(({ k }) => k === 64) ?? figures.byK[figures.byK.length - 1];
  const body = html`<h1>Concepts of ${model.data.name}</h1>
<p class="soft">${model.activation} of ${model.n} latents over embeddings of length ${model.d}, trained on ${model.data.rows} rows, seed ${model.seed}, Nadir ${model.version}</p>
${hasDashboard && html`<p><a href="${DASHBOARD}">Dashboard of all latents</a></p>`}
<div class="numbers"><div><b>${at64.cosine.toFixed(3)}</b><span>cosine at k = ${at64.k}</span></div>
<div><b>${at64.fvu.toFixed(3)}</b><span>FVU at k = ${at64.k}</span></div>
<div><b>${names ? valid.length : '–'}</b><span>latents with a valid name</span></div>
<div><b>${model.student ? `${Math.round(model.student.bytes / 1024)} KiB` : '–'}</b><span>student</span></div></div>
<h2>Quality by number of concepts</h2>
<p>Measured on ${figures.rows} held-out rows in the embeddings' own space. Any prefix of a scene's code decodes; this is what a prefix of k concepts is worth.</p>
<figure>${raw(chart)}<figcaption>Mean cosine of embedding and reconstruction, and the fraction of variance unexplained (FVU), by k.</figcaption></figure>
${qualityTable(figures)}
<p class="soft">Latents that no held-out row uses: ${figures.dead}. Decoder orthogonality ${figures.decoderOrthogonality.toExponential(2)}. CKNNA: agreement of embeddings and codes on each row's ten nearest neighbours.</p>
${
  curve &&
  html`<h2>Training</h2>
<figure>${raw(curve.loss)}${raw(curve.dead)}<figcaption>Loss at each level, and latents that no row of an epoch used, over ${curve.epochs} epochs${curve.resampled === undefined ? '' : `; ${curve.resampled} latents began anew`}.</figcaption></figure>`
}
${
  names &&
  html`<h2>Named concepts</h2>
<p>${namesNote(names)}</p>
${namedTable(valid, examples)}`
}
${student?.body}`;
  const path = join(folder, 'report.html');
  await writeFileAtomic(path, page(`Concepts of ${model.data.name}`, body));
  return path;
}

function qualityChart(figures: Figures): Promise<string> {
  const values = figures.byK.flatMap(({ k, cosine, fvu }) => [
    { k, measure: 'cosine', value: cosine },
    { k, measure: 'FVU', value: fvu },
  ]);
  return drawChart({
    width: 460,
    height: 240,
    background: 'white',
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: {
        field: 'k',
        type: 'quantitative',
        scale: { type: 'log', base: 2 },
        axis: { values: figures.byK.map(({ k }) => k) },
        title: 'concepts kept (k)',
      },
      y: { field: 'value', type: 'quantitative', scale: { domain: [0, 1] }, title: null },
      color: { field: 'measure', type: 'nominal', title: null, scale: { range: ['#1f5f8b', '#b3541e'] } },
    },
  });
}

function qualityTable({ byK, full }: Figures): Markup {
  return html`<table><tr><th>k</th><th>cosine</th><th>FVU</th><th>L0</th><th>CKNNA</th></tr>
${byK.map(({ k, cosine, fvu, l0, cknna }) => html`<tr><td>${k}</td><td>${cosine.toFixed(4)}</td><td>${fvu.toFixed(4)}</td><td>${l0.toFixed(1)}</td><td>${cknna.toFixed(3)}</td></tr>`)}
<tr><td>all</td><td>${full.cosine.toFixed(4)}</td><td>${full.fvu.toFixed(4)}</td><td>${full.l0.toFixed(1)}</td><td></td></tr></table>`;
}

function namedTable(valid: readonly NamedLatent[], examples: ConceptExamples): Markup {
  const scenesOf = new Map(examples.map(({ latent, scenes }) => [latent, scenes]));
  const shown =
    examples.length > 0
      ? examples.flatMap(({ latent }) => valid.find((named) => named.latent === latent) ?? [])
      : [...valid].sort((a, b) => b.score - a.score).slice(0, 60);
  return html`<table><tr><th>name</th><th>latent</th><th>score</th><th>margin</th><th style="text-align:left">strongest scenes</th></tr>
${shown.map(
  ({
    latent,
    name,
    score,
    margin,
  }) => html`<tr><td>${name}</td><td>${latent}</td><td>${score.toFixed(3)}</td><td>${margin.toFixed(3)}</td><td style="text-align:left">
${(scenesOf.get(latent) ?? []).map(
  ({ file, activation, jpeg }) =>
    html`<img width="64" height="64" alt="${file}" title="${file}, activation ${activation.toFixed(2)}" src="data:image/jpeg;base64,${jpeg}"> `,
)}</td></tr>`,
)}</table>`;
}
