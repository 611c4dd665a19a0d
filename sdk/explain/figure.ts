/**
 * The wavelength × transformation figure: one stacked bar a band, its colour the transformation, the visible spectrum under the axis,
 * and below it what spreads over the spectrum, each with its true footprint. Plain SVG, readable without a script.
 */
import { html, type Markup } from '../base/index.ts';
import type { Attribution, BandAttribution, SpreadAttribution } from './attribution.ts';
import { type Axis, axisFor } from './axis.ts';
import { colourOfLight, INFRARED_COLOUR, VISIBLE_END_NM } from './light.ts';

const INK = '#2b2a26';
const SOFT = '#7d776b';
const LINE = '#e4dfd3';
const PAPER = '#fdfbf6';
const FONT = "Georgia, 'Times New Roman', 'DejaVu Serif', serif";

interface Look {
  readonly label: string;
  readonly colour: string;
}

/** How each group of features is named and drawn. */
const LOOKS: Readonly<Record<string, Look>> = {
  arr: { label: 'reflectance', colour: '#b9a58a' },
  d1: { label: '1st derivative', colour: '#d39a2d' },
  d2: { label: '2nd derivative', colour: '#a3452c' },
  d3: { label: '3rd derivative', colour: '#34586e' },
  'dft.re': { label: 'Fourier, real', colour: '#6d7f4f' },
  'dft.im': { label: 'Fourier, imaginary', colour: '#94a878' },
  sym3: { label: 'wavelet sym3', colour: '#7a5c80' },
  dmey: { label: 'wavelet dmey', colour: '#ab90ad' },
};
const UNKNOWN: Look = { label: 'other', colour: SOFT };

/** Absorption that a soil spectrum from orbit carries: water vapour and oxygen of the air, water in the soil. */
const ABSORPTIONS = [
  { nm: 760, label: 'O₂' },
  { nm: 820, label: 'H₂O' },
  { nm: 940, label: 'H₂O' },
];

const WIDTH = 1040;
const LEFT = 78;
const RIGHT = 250;
const PLOT_TOP = 86;
const PLOT_HEIGHT = 280;
const BASE = PLOT_TOP + PLOT_HEIGHT;
const SPREAD_TOP = BASE + 96;
const SPREAD_ROW = 21;
const MOST_SPREAD = 10;

export interface FigureText {
  readonly title: string;
  readonly subtitle: string;
}

/** Draws an attribution; the SVG stands alone. */
export function attributionFigure({ bands, spread }: Attribution, text: FigureText): string {
  const first = bands[0].nm;
  const last = bands[bands.length - 1].nm;
  const margin = (last - first) * 0.008 || 1;
  const plotWidth = WIDTH - LEFT - RIGHT;
  const x = (nm: number) => LEFT + ((nm - first + margin) / (last - first + 2 * margin)) * plotWidth;
  const axis = axisFor(
    bands.map((band) => band.importance),
    PLOT_HEIGHT,
  );
  const shown = spread.slice(0, MOST_SPREAD);
  const height =
    shown.length === 0
      ? BASE + 66
      : SPREAD_TOP + 30 + shown.length * SPREAD_ROW + (spread.length > shown.length ? 40 : 18);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="${FONT}" font-size="12.5" fill="${INK}" role="img">
<title>${text.title}</title>
<rect width="${WIDTH}" height="${height}" rx="6" fill="${PAPER}"/>
<text x="${LEFT - 52}" y="36" font-size="20">${text.title}</text>
<text x="${LEFT - 52}" y="57" font-size="13" font-style="italic" fill="${SOFT}">${text.subtitle}</text>
${grid(axis, plotWidth)}
${absorptions(x, first, last)}
${bars(bands, axis, x, plotWidth)}
${axis.gap && breakMarks(axis.gap, plotWidth)}
${strip(x, first - margin, last + margin)}
${nmTicks(x, first, last)}
${legend(bands)}
${shown.length > 0 && spreadPanel(shown, spread, x)}
</svg>`.text;
}

const round = (value: number) => Math.round(value * 100) / 100;
const look = (group: string) => LOOKS[group] ?? UNKNOWN;

/** Three significant digits without an exponent. */
function short(value: number): string {
  return String(Number(value.toPrecision(3)));
}

function grid(axis: Axis, plotWidth: number): Markup {
  const lines = axis.ticks.map((tick) => {
    const y = round(BASE - axis.heightOf(tick));
    return html`<line x1="${LEFT}" x2="${LEFT + plotWidth}" y1="${y}" y2="${y}" stroke="${tick === 0 ? INK : LINE}"/>
<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end" fill="${SOFT}" font-size="11.5">${tick}</text>`;
  });
  return html`<g>${lines}<text transform="translate(${LEFT - 56} ${BASE - PLOT_HEIGHT / 2}) rotate(-90)" text-anchor="middle" font-style="italic" fill="${SOFT}">mean |SHAP| ÷ SD of the target</text></g>`;
}

function absorptions(x: (nm: number) => number, first: number, last: number): Markup {
  const marks = ABSORPTIONS.filter(({ nm }) => nm >= first - 4 && nm <= last + 4).map(({ nm, label }) => {
    const at = round(x(nm));
    return html`<line x1="${at}" x2="${at}" y1="${PLOT_TOP - 2}" y2="${BASE}" stroke="${SOFT}" stroke-dasharray="1 4" stroke-linecap="round"/>
<text x="${at}" y="${PLOT_TOP - 8}" text-anchor="middle" fill="${SOFT}" font-size="11">${label} ${nm}</text>`;
  });
  return html`<g>${marks}</g>`;
}

function bars(bands: readonly BandAttribution[], axis: Axis, x: (nm: number) => number, plotWidth: number): Markup {
  const barWidth = Math.min(14, Math.max(1.5, (plotWidth / bands.length) * 0.78));
  const drawn = bands
    .filter((band) => band.importance > 0)
    .map((band) => {
      const left = round(x(band.nm) - barWidth / 2);
      let below = 0;
      const parts = Object.entries(band.byTransform)
        .filter(([, part]) => part > 0)
        .map(([group, part]) => {
          const from = axis.heightOf(below);
          below += part;
          const to = axis.heightOf(below);
          return html`<rect x="${left}" y="${round(BASE - to)}" width="${round(barWidth)}" height="${round(to - from)}" fill="${look(group).colour}"/>`;
        });
      const net = round(BASE - axis.heightOf(band.net));
      const values = Object.entries(band.byTransform).filter(([, part]) => part > 0);
      const words = values.map(([group, part]) => `${look(group).label} ${short(part)}`).join(', ');
      return html`<g><title>${band.nm} nm: ${short(band.importance)} (${words}); net ${short(band.net)}</title>${parts}<line x1="${round(left - 0.8)}" x2="${round(left + barWidth + 0.8)}" y1="${net}" y2="${net}" stroke="${INK}" stroke-width="1.1"/></g>`;
    });
  return html`<g>${drawn}</g>`;
}

/** A torn strip of paper across the plot where the axis leaves out values. */
function breakMarks(gap: { readonly from: number; readonly to: number }, plotWidth: number): Markup {
  const teeth = 60;
  const edge = (height: number) =>
    Array.from({ length: teeth + 1 }, (_, i) => {
      const across = LEFT - 6 + (i / teeth) * (plotWidth + 12);
      return `${round(across)},${round(BASE - height + (i % 2 ? 2 : -2))}`;
    });
  const lower = edge(gap.from + 3);
  const upper = edge(gap.to - 3);
  return html`<g><polygon points="${[...lower, ...upper.toReversed()].join(' ')}" fill="${PAPER}"/>
<polyline points="${lower.join(' ')}" fill="none" stroke="${SOFT}" stroke-width="0.6"/><polyline points="${upper.join(' ')}" fill="none" stroke="${SOFT}" stroke-width="0.6"/></g>`;
}

/** The visible spectrum under the axis, and where the infrared begins. */
function strip(x: (nm: number) => number, from: number, to: number): Markup {
  const step = 4;
  const top = BASE + 5;
  const stop = Math.min(to, VISIBLE_END_NM);
  const pieces: Markup[] = [];
  for (let nm = from; nm < stop; nm += step) {
    const left = x(nm);
    const width = x(Math.min(nm + step, stop)) - left;
    // a hair wider than its place, so that no seam shows between pieces
    pieces.push(
      html`<rect x="${round(left)}" y="${top}" width="${round(width + 0.4)}" height="9" fill="${colourOfLight(nm + step / 2)}"/>`,
    );
  }
  const infraredFrom = round(x(Math.max(from, VISIBLE_END_NM)));
  const infrared =
    to > VISIBLE_END_NM &&
    html`<rect x="${infraredFrom}" y="${top}" width="${round(x(to) - infraredFrom)}" height="9" fill="${INFRARED_COLOUR}"/>
<text x="${round((infraredFrom + x(to)) / 2)}" y="${top + 7.6}" text-anchor="middle" font-size="9" letter-spacing="3" fill="#f0e6da">INFRARED</text>`;
  return html`<g>${pieces}${infrared}</g>`;
}

function nmTicks(x: (nm: number) => number, first: number, last: number): Markup {
  const ticks: Markup[] = [];
  for (let nm = Math.ceil(first / 50) * 50; nm <= last; nm += 50)
    ticks.push(
      html`<line x1="${round(x(nm))}" x2="${round(x(nm))}" y1="${BASE + 14}" y2="${BASE + 19}" stroke="${SOFT}"/><text x="${round(x(nm))}" y="${BASE + 33}" text-anchor="middle">${nm}</text>`,
    );
  return html`<g>${ticks}<text x="${round((x(first) + x(last)) / 2)}" y="${BASE + 53}" text-anchor="middle" font-style="italic" fill="${SOFT}">wavelength, nm</text></g>`;
}

function legend(bands: readonly BandAttribution[]): Markup {
  const left = WIDTH - RIGHT + 28;
  const groups = Object.keys(bands[0].byTransform);
  const rows = groups.map((group, i) => {
    const total = bands.reduce((sum, band) => sum + band.byTransform[group], 0);
    const y = PLOT_TOP + 8 + i * 23;
    return html`<rect x="${left}" y="${y - 9}" width="12" height="12" fill="${look(group).colour}"/><text x="${left + 20}" y="${y + 1.5}">${look(group).label}</text><text x="${WIDTH - 28}" y="${y + 1.5}" text-anchor="end" fill="${SOFT}">${short(total)}</text>`;
  });
  const y = PLOT_TOP + 12 + groups.length * 23;
  return html`<g><text x="${WIDTH - 28}" y="${PLOT_TOP - 14}" text-anchor="end" font-style="italic" fill="${SOFT}" font-size="11.5">over all bands</text>${rows}
<line x1="${left - 1}" x2="${left + 13}" y1="${y - 3}" y2="${y - 3}" stroke="${INK}" stroke-width="1.1"/><text x="${left + 20}" y="${y + 1.5}">net of the band</text>
<text x="${left}" y="${y + 26}" font-style="italic" fill="${SOFT}" font-size="11.5"><tspan x="${left}">Net: the band’s features summed</tspan><tspan x="${left}" dy="16">with their signs in each sample,</tspan><tspan x="${left}" dy="16">then mean of |sum|. Far below the stack:</tspan><tspan x="${left}" dy="16">transformations that cancel.</tspan></text></g>`;
}

function spreadPanel(
  shown: readonly SpreadAttribution[],
  all: readonly SpreadAttribution[],
  x: (nm: number) => number,
): Markup {
  const strongest = shown[0].importance || 1;
  const barLeft = WIDTH - RIGHT + 28;
  const barRoom = RIGHT - 28 - 28 - 46;
  const rows = shown.map((feature, i) => {
    const y = SPREAD_TOP + 28 + i * SPREAD_ROW;
    const { label, colour } = look(feature.group);
    const from = round(x(feature.firstNm));
    const to = round(x(feature.lastNm));
    const width = Math.max(1, round((feature.importance / strongest) * barRoom));
    return html`<g><title>${feature.name} (${label}): ${short(feature.importance)}, reads ${feature.bandsRead} bands, ${feature.firstNm} to ${feature.lastNm} nm</title>
<line x1="${from}" x2="${to}" y1="${y}" y2="${y}" stroke="${colour}" stroke-width="3" stroke-linecap="round"/>
<rect x="${barLeft}" y="${y - 6}" width="${width}" height="12" fill="${colour}"/><text x="${barLeft + width + 6}" y="${y + 4}" fill="${SOFT}" font-size="11.5">${short(feature.importance)}</text>
<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end" font-size="11">${feature.name}</text></g>`;
  });
  const rest = all.slice(shown.length);
  const restSum = rest.reduce((sum, feature) => sum + feature.importance, 0);
  const note =
    rest.length > 0 &&
    html`<text x="${LEFT}" y="${SPREAD_TOP + 34 + shown.length * SPREAD_ROW}" font-style="italic" fill="${SOFT}" font-size="12">and ${rest.length} more, together ${short(restSum)}</text>`;
  return html`<g><line x1="${LEFT - 52}" x2="${WIDTH - 24}" y1="${SPREAD_TOP - 24}" y2="${SPREAD_TOP - 24}" stroke="${LINE}"/>
<text x="${LEFT - 52}" y="${SPREAD_TOP}" font-size="14">Features that spread over the spectrum <tspan font-style="italic" fill="${SOFT}" font-size="12.5">· the line is all that each one reads</tspan></text>
<text x="${barLeft}" y="${SPREAD_TOP}" font-style="italic" fill="${SOFT}">mean |SHAP| ÷ SD</text>${rows}${note}</g>`;
}
