/** The red-team report: one page that needs no network. What matters first, then a row a check, then each finding with what shows it. */
import { html, type Markup, page, raw } from '../../base/index.ts';
import type { AuditCase } from './audit-case.ts';
import { short } from './figures.ts';
import { countSeverities, type Finding, SEVERITIES, type Severity } from './findings.ts';

const COLOURS: Readonly<Record<Severity, string>> = {
  major: '#a3261c',
  medium: '#b86a00',
  minor: '#7d6a1c',
  passed: '#2f6b3c',
  skipped: '#6b7480',
};

/** The whole page. */
export function redteamReport(audit: AuditCase, findings: readonly Finding[]): string {
  const { model } = audit.soil;
  const counts = countSeverities(findings);
  const find = (check: string) => findings.find((finding) => finding.check === check);
  const grouped = find('grouped-validation');
  const domain = find('out-of-distribution');
  return page(
    `Red-team report: ${model.targets.join(', ')} on ${audit.table.name}`,
    html`<h1>Red-team report</h1>
<p class="soft">A ${model.model} model of ${model.targets.join(', ')} on ${model.features.length} features, trained on ${model.data.name} (SHA-256 ${model.data.sha256.slice(0, 16)}…, ${model.data.rows} rows); audited on ${audit.n} rows of ${audit.table.name} · seed ${audit.options.seed}${audit.options.quick && ' · quick: fewer rows, refits and draws'}</p>
<div class="numbers">${SEVERITIES.map((severity) => html`<div><b style="color:${COLOURS[severity]}">${counts[severity]}</b><span>${severity}</span></div>`)}<div><b>${short(audit.score)}</b><span>score; 1 = mean</span></div></div>
<p><b>How the samples were split.</b> Estimates are by ${audit.basis}.${audit.folds.scheme.includes('random') && audit.judges.length > 1 && ' Random folds flatter wherever samples of one field are on both sides.'}${audit.judges.length > 1 && ' The features were chosen before, so the scores flatter by that choice.'}</p>
<p><b>Grouped gap.</b> ${grouped ? grouped.evidence : 'not asked for'}.</p>
<p><b>Out of distribution.</b> ${domain ? domain.evidence : 'not asked for'}.</p>
<h2>The checks</h2>
<table><tr><th>check</th><th>grade</th><th>value</th><th style="text-align:left">pass line</th></tr>${findings.map(
      (finding) =>
        html`<tr><td><a href="#${finding.check}">${finding.id} ${finding.title}</a></td><td>${badge(finding.severity)}</td><td>${finding.value === null ? '–' : short(finding.value)}</td><td style="text-align:left">${finding.passLine}</td></tr>`,
    )}</table>
<p class="soft">Scores are MSE ÷ MSE of the training-mean predictor, averaged over the targets and pooled over the rows. Rows are lines of the table; its header is line 1. Grades are this tool's proposals: what a mission can bear is for its scientists to say.</p>
${[...findings].sort((a, b) => SEVERITIES.indexOf(a.severity) - SEVERITIES.indexOf(b.severity) || a.id - b.id).map(section)}`,
  );
}

function badge(severity: Severity): Markup {
  return html`<span style="color:${COLOURS[severity]};font-weight:600">${severity}</span>`;
}

function section(finding: Finding): Markup {
  const { table, figure, rows, suggestion } = finding;
  return html`<h2 id="${finding.check}">${finding.id} ${finding.title} · ${badge(finding.severity)}</h2>
<p>${capital(finding.evidence)}.</p>
${suggestion !== '' && html`<p><b>What to do.</b> ${suggestion}</p>`}
${rows.length > 0 && html`<p><b>Rows that show it:</b> ${rows.join(', ')}</p>`}
${figure !== null && html`<figure>${raw(figure)}<figcaption>${capital(finding.how)}.</figcaption></figure>`}
${figure === null && html`<p class="soft">${capital(finding.how)}.</p>`}
${
  table !== null &&
  html`<table><tr>${table.columns.map((name) => html`<th>${name}</th>`)}</tr>${table.rows.map(
    (row) =>
      html`<tr>${row.map((cell) => html`<td>${typeof cell === 'number' ? short(cell) : (cell ?? '–')}</td>`)}</tr>`,
  )}</table>`
}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
