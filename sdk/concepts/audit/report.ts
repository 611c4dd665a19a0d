/** audit.html: the findings as a table, then each concept and class with its curve and its images. One file, no network. */
import { drawChart, html, type Markup, page, raw } from '../../base/index.ts';
import type { ImageSet } from '../images.ts';
import { folderOf } from '../row-files.ts';
import { LABELS } from './audit.ts';
import type { CurvePoint } from './curve.ts';
import type { AuditDocument, NamedFinding } from './document.ts';

/** Concept–class pairs that are shown with curve and images. */
const SHOWN = 12;
const IMAGES = 8;
/** Larger images are not embedded. */
const MAX_IMAGE_BYTES = 64 * 2 ** 10;

/** The whole page. */
export async function auditReport(
  audit: AuditDocument,
  about: { readonly model: string; readonly data: string; readonly seed: number },
  images: ImageSet | undefined,
): Promise<string> {
  const { findings, probe, level } = audit;
  const pairs = [...Map.groupBy(findings, ({ latent, class: name }) => `${latent} ${name}`).values()];
  const sections: Markup[] = [];
  for (const same of pairs.slice(0, SHOWN)) sections.push(await section(same, images));
  const trained = probe.trainedOn > 0 ? `a linear probe trained on ${probe.trainedOn} rows` : 'the classifier given';
  return page(
    'Concept audit',
    html`<h1>Concept audit</h1>
<p class="soft">Decisions of ${trained} on ${audit.rows} rows of ${about.data}, through the concepts of ${about.model}; seed ${about.seed}</p>
<div class="numbers"><div><b>${findings.length}</b><span>findings</span></div>
<div><b>${new Set(findings.map(({ latent }) => latent)).size}</b><span>concepts found</span></div>
<div><b>${audit.tested}</b><span>concept–class pairs tested</span></div>
<div><b>${probe.accuracy === null ? '–' : `${(100 * probe.accuracy).toFixed(1)} %`}</b><span>accuracy</span></div></div>
<p>A finding is a concept that moves a class's probability without a right to. <b>By labels</b>: on rows that show the concept the class's error is greater with it than without. <b>By an attribute</b> that must not count: the class's probability depends on it within true classes, and the concept carries this dependence. The chance of any false finding is at most ${percent(level)}, over all concepts, classes and the bases ${audit.bases.join(', ')}.</p>
<p class="soft">Where the audited rows share a bias with the training rows, labels cannot tell it from substance; name the attribute then. A condition that no audited row shows cannot be found.</p>
<h2>Findings</h2>
${findings.length === 0 ? html`<p>None at the level of ${percent(level)}.</p>` : findingsTable(findings)}
${pairs.length > SHOWN && html`<p class="soft">The first ${SHOWN} of ${pairs.length} pairs are shown below; audit.json has all.</p>`}
${sections}`,
  );
}

function findingsTable(findings: readonly NamedFinding[]): Markup {
  return html`<table><tr><th>concept</th><th>class</th><th>basis</th><th>effect</th><th>interval</th><th>excess</th><th>adjusted p</th><th>flips</th><th>rows</th></tr>
${findings.map(
  (finding) =>
    html`<tr><td>${finding.name}</td><td>${finding.class}</td><td>${finding.basis}</td><td>${signed(finding.effect)}</td><td>${signed(finding.low)} … ${signed(finding.high)}</td><td>${signed(finding.excess)}</td><td>${finding.pAdjusted.toPrecision(2)}</td><td>${percent(finding.flips)}</td><td>${finding.rows}</td></tr>`,
)}</table>
<p class="soft">Effect: what the concept adds to the class's probability, mean over the rows that show it. Excess: by labels the Brier error that it costs these rows, by an attribute the part of the dependence that it carries. Flips: rows that are decided otherwise without the concept.</p>`;
}

async function section(same: readonly NamedFinding[], images: ImageSet | undefined): Promise<Markup> {
  const [finding] = same;
  const chart = await curveChart(finding.curve, finding.class);
  const strongest = await pictures(
    finding.strongest.map((file) => ({ file, words: '' })),
    images,
  );
  const changed = await pictures(
    finding.changed.map(({ file, present, absent }) => ({
      file,
      words: `${absent.toFixed(2)} → ${present.toFixed(2)}`,
    })),
    images,
  );
  return html`<h2>${finding.name} → ${finding.class}</h2>
${same.map((own) => html`<p>${sentence(own)}</p>`)}
${finding.carries.map(({ attribute, strongest: top, all }) => html`<p class="soft">${attribute}: ${percent(top)} of the rows that show the concept most, ${percent(all)} of all.</p>`)}
<figure>${raw(chart)}<figcaption>Mean probability of ${finding.class} on the ${finding.rows} rows that show the concept, its activation scaled; pointwise bootstrap intervals.</figcaption></figure>
<p><b>Rows that show the concept most</b></p>${strongest}
<p><b>Rows whose probability of ${finding.class} it changes most</b>, without it → with it</p>${changed}`;
}

function sentence({ basis, effect, excess, dependence, class: name }: NamedFinding): string {
  const does = `${effect > 0 ? 'adds' : 'takes'} ${Math.abs(effect).toFixed(3)} ${effect > 0 ? 'to' : 'from'} the probability of ${name}`;
  return basis === LABELS
    ? `It ${does}, and the labels do not bear it out: it costs these rows a Brier error of ${excess.toFixed(3)}.`
    : `It ${does}, and carries ${signed(excess)} of the ${signed(dependence ?? 0)} by which ${name} depends on ${basis} within true classes.`;
}

function curveChart(curve: readonly CurvePoint[], name: string): Promise<string> {
  return drawChart({
    width: 420,
    height: 220,
    background: 'white',
    data: { values: curve.map(({ factor, probability, low, high }) => ({ factor, probability, low, high })) },
    encoding: { x: { field: 'factor', type: 'quantitative', title: 'times its own activation' } },
    layer: [
      {
        mark: { type: 'area', opacity: 0.25, color: '#1f5f8b' },
        encoding: {
          y: { field: 'low', type: 'quantitative', title: `probability of ${name}` },
          y2: { field: 'high' },
        },
      },
      {
        mark: { type: 'line', point: true, color: '#1f5f8b' },
        encoding: { y: { field: 'probability', type: 'quantitative' } },
      },
    ],
  });
}

async function pictures(
  wanted: readonly { readonly file: string; readonly words: string }[],
  images: ImageSet | undefined,
): Promise<Markup> {
  const shown: Markup[] = [];
  for (const { file, words } of wanted.slice(0, IMAGES)) {
    const bytes = await images?.read(file);
    const picture =
      bytes &&
      bytes.length <= MAX_IMAGE_BYTES &&
      html`<img width="96" height="96" alt="${file}" title="${file}" src="data:image/jpeg;base64,${Buffer.from(bytes).toString('base64')}"><br>`;
    shown.push(
      html`<figure style="display:inline-block;margin:0 8px 8px 0">${picture}<figcaption>${picture ? folderOf(file) : file} ${words}</figcaption></figure>`,
    );
  }
  return html`<div>${shown}</div>`;
}

function percent(share: number): string {
  return `${+(100 * share).toFixed(1)} %`;
}

function signed(value: number): string {
  return `${value < 0 ? '−' : '+'}${Math.abs(value).toFixed(3)}`;
}
