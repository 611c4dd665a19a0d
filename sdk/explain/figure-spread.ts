/** Panels for what reads the spectrum far and wide: views of the whole spectrum by the band where they stand, and features that stand nowhere. */
import { html, type Markup } from '../base/index.ts';
import type { SpreadAttribution } from './attribution.ts';
import { axisFor } from './axis.ts';
import { type Bar, bars, breakMarks, grid, legend, reach } from './figure-bars.ts';
import { LEFT, LINE, look, RIGHT, round, SOFT, short, WIDTH } from './figure-style.ts';

const SPREAD_ROW = 21;
const MOST_SPREAD = 10;
const VIEW_HEIGHT = 150;

export interface Panel {
  readonly markup: Markup;
  /** Pixels that it takes below its top. */
  readonly height: number;
}

/** Bars of features that stand at a band but read the whole spectrum, as SNV makes them. */
export function viewPanel(
  features: readonly SpreadAttribution[],
  x: (nm: number) => number,
  top: number,
  count: number,
): Panel {
  const groups = [...new Set(features.map(({ group }) => group))];
  const byNm = new Map<number, SpreadAttribution[]>();
  for (const feature of features) {
    const nm = feature.centreNm ?? feature.firstNm;
    byNm.set(nm, [...(byNm.get(nm) ?? []), feature]);
  }
  const drawn = [...byNm].map(([nm, own]): Bar => {
    const byTransform = Object.fromEntries(
      groups.map((group) => [
        group,
        own.filter((feature) => feature.group === group).reduce((sum, { importance }) => sum + importance, 0),
      ]),
    );
    const [only] = own;
    return {
      nm,
      importance: own.reduce((sum, { importance }) => sum + importance, 0),
      byTransform,
      // deviations of several do not add up
      ...(own.length === 1 && only.sd !== undefined && { sd: only.sd }),
    };
  });
  const base = top + 28 + VIEW_HEIGHT;
  const axis = axisFor(reach(drawn), VIEW_HEIGHT);
  const most = Math.max(...features.map(({ bandsRead }) => bandsRead));
  const markup = html`<g><line x1="${LEFT - 52}" x2="${WIDTH - 24}" y1="${top - 24}" y2="${top - 24}" stroke="${LINE}"/>
<text x="${LEFT - 52}" y="${top}" font-size="14">Views of the whole spectrum <tspan font-style="italic" fill="${SOFT}" font-size="12.5">· drawn at the band where each stands, but each reads up to ${most} bands</tspan></text>
${grid(axis, base, VIEW_HEIGHT)}${bars(drawn, axis, x, base, count)}${axis.gap && breakMarks(axis.gap, base)}${legend(drawn, top + 40, [], false)}</g>`;
  return { markup, height: 28 + VIEW_HEIGHT + 52 };
}

/** One line a feature from the first to the last band that it reads, strongest first, and a bar of its importance. */
export function spreadPanel(all: readonly SpreadAttribution[], x: (nm: number) => number, top: number): Panel {
  const shown = all.slice(0, MOST_SPREAD);
  const strongest = shown[0].importance || 1;
  const barLeft = WIDTH - RIGHT + 28;
  const barRoom = RIGHT - 28 - 28 - 46;
  const rows = shown.map((feature, i) => {
    const y = top + 28 + i * SPREAD_ROW;
    const { label, colour } = look(feature.group);
    const from = round(x(feature.firstNm));
    const to = round(x(feature.lastNm));
    const width = Math.max(1, round((feature.importance / strongest) * barRoom));
    return html`<g><title>${feature.name} (${label}): ${short(feature.importance)}, reads ${feature.bandsRead} bands, ${feature.firstNm} to ${feature.lastNm} nm${feature.sd !== undefined && `; SD over folds ${short(feature.sd)}`}</title>
<line x1="${from}" x2="${to}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="3" stroke-linecap="round"/>
<rect x="${barLeft}" y="${y - 6}" width="${width}" height="12" fill="${colour}"/><text x="${barLeft + width + 6}" y="${y + 4}" fill="${SOFT}" font-size="11.5">${short(feature.importance)}</text>
<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end" font-size="11">${feature.name}</text></g>`;
  });
  const rest = all.slice(shown.length);
  const restSum = rest.reduce((sum, feature) => sum + feature.importance, 0);
  const note =
    rest.length > 0 &&
    html`<text x="${LEFT}" y="${top + 34 + shown.length * SPREAD_ROW}" font-style="italic" fill="${SOFT}" font-size="12">and ${rest.length} more, together ${short(restSum)}</text>`;
  const markup = html`<g><line x1="${LEFT - 52}" x2="${WIDTH - 24}" y1="${top - 24}" y2="${top - 24}" stroke="${LINE}"/>
<text x="${LEFT - 52}" y="${top}" font-size="14">Features that spread over the spectrum <tspan font-style="italic" fill="${SOFT}" font-size="12.5">· the line is all that each one reads</tspan></text>
<text x="${barLeft}" y="${top}" font-style="italic" fill="${SOFT}">mean |SHAP| ÷ SD</text>${rows}${note}</g>`;
  return { markup, height: 30 + shown.length * SPREAD_ROW + (rest.length > 0 ? 40 : 18) };
}
