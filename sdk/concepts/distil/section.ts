/** The student in a concept model's report: what it is, and what other sizes would have been worth. */
import { drawChart, html, type Markup, raw } from '../../base/index.ts';
import type { ConceptModel } from '../model.ts';

/** Agreement that a student is asked for: Jaccard index of the 16 strongest latents. */
const WANTED_JACCARD = 0.9;

export interface StudentSection {
  readonly body: Markup;
  /** Agreement by size as SVG, where more than one size was measured. */
  readonly chart: string | undefined;
}

/** The section of a model that has a student. */
export async function studentSection({ student, n }: ConceptModel): Promise<StudentSection | undefined> {
  if (!student) return undefined;
  const table = student.table ?? [];
  const chart = table.length > 1 ? await sizeChart(table, student.bytes) : undefined;
  const own = table.find(({ bytes }) => bytes === student.bytes);
  const body = html`<h2>Student</h2>
<p>The encoder that flies: ${student.latents.length} of ${n} latents in integers of 2 to 7 bits${own && html`, ${own.ratio.toFixed(2)} times smaller than the float32 encoder`}. Latents have the bits that earn their place; agreement is with the teacher, on held-out rows.</p>
${chart && html`<figure>${raw(chart)}<figcaption>Agreement of the 16 strongest latents by how many times smaller the student is; the full dot flies.</figcaption></figure>`}
<table><tr><th>times smaller</th><th>bytes</th><th>latents</th><th>mean bits</th><th>agreement of the 16 strongest (Jaccard)</th><th>cosine lost at k = ${student.k}</th></tr>
${table.map(
  ({ ratio, bytes, latents, meanBits, jaccard16, cosineLoss }) =>
    html`<tr><td>${ratio.toFixed(2)}${bytes === student.bytes && ' (flies)'}</td><td>${bytes}</td><td>${latents}</td><td>${meanBits.toFixed(2)}</td><td>${jaccard16.toFixed(4)}</td><td>${cosineLoss.toFixed(5)}</td></tr>`,
)}</table>`;
  return { body, chart };
}

type Sizes = NonNullable<NonNullable<ConceptModel['student']>['table']>;

function sizeChart(table: Sizes, flying: number): Promise<string> {
  const x = { field: 'ratio', type: 'quantitative', scale: { zero: false }, title: 'times smaller' } as const;
  const y = { field: 'jaccard16', type: 'quantitative', scale: { zero: false }, title: 'Jaccard-16' } as const;
  return drawChart({
    width: 460,
    height: 240,
    background: 'white',
    data: { values: table.map(({ ratio, jaccard16, bytes }) => ({ ratio, jaccard16, flies: bytes === flying })) },
    layer: [
      { mark: { type: 'rule', strokeDash: [4, 4], color: '#8a939e' }, encoding: { y: { datum: WANTED_JACCARD } } },
      { mark: { type: 'line', color: '#1f5f8b' }, encoding: { x, y } },
      {
        mark: { type: 'point', filled: true, size: 70, stroke: '#1f5f8b' },
        encoding: { x, y, fill: { condition: { test: 'datum.flies', value: '#1f5f8b' }, value: 'white' } },
      },
    ],
  });
}
