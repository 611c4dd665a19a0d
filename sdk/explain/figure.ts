/**
 * The wavelength × transformation figure: one stacked bar a band, its colour the transformation, the visible spectrum under the axis,
 * and below it what reads the spectrum far and wide, each with its true footprint. Plain SVG, readable without a script.
 */
import { html, type Markup } from '../base/index.ts';
import type { Attribution } from './attribution.ts';
import { axisFor } from './axis.ts';
import { bars, breakMarks, grid, legend, reach } from './figure-bars.ts';
import { spreadPanel, viewPanel } from './figure-spread.ts';
import { FONT, INK, LEFT, PAPER, PLOT_WIDTH, round, SOFT, WIDTH } from './figure-style.ts';
import { colourOfLight, INFRARED_COLOUR, VISIBLE_END_NM } from './light.ts';

/** Absorption that a soil spectrum from orbit carries: oxygen and water vapour of the air, water in the soil. */
const ABSORPTIONS = [
  { nm: 687, label: 'O₂' },
  { nm: 720, label: 'H₂O' },
  { nm: 760, label: 'O₂' },
  { nm: 820, label: 'H₂O' },
  { nm: 940, label: 'H₂O' },
];

const PLOT_TOP = 86;
const PLOT_HEIGHT = 280;
const BASE = PLOT_TOP + PLOT_HEIGHT;
/** From the base line past the wavelengths to the next panel's heading. */
const PANEL_GAP = 96;

export interface FigureText {
  readonly title: string;
  readonly subtitle: string;
}

/** Draws an attribution; the SVG stands alone. */
export function attributionFigure({ bands, spread }: Attribution, text: FigureText): string {
  const first = bands[0].nm;
  const last = bands[bands.length - 1].nm;
  const margin = (last - first) * 0.008 || 1;
  const x = (nm: number) => LEFT + ((nm - first + margin) / (last - first + 2 * margin)) * PLOT_WIDTH;
  const axis = axisFor(reach(bands), PLOT_HEIGHT);
  const hasWhiskers = bands.some(({ sd }) => sd !== undefined);
  const views = spread.filter(({ centreNm }) => centreNm !== undefined);
  const rest = spread.filter(({ centreNm }) => centreNm === undefined);
  let height = BASE + 66;
  const panels: Markup[] = [];
  if (views.some(({ importance }) => importance > 0)) {
    const panel = viewPanel(views, x, height + PANEL_GAP - 66, bands.length);
    panels.push(panel.markup);
    height += PANEL_GAP - 66 + panel.height;
  }
  if (rest.length > 0) {
    const panel = spreadPanel(rest, x, height + PANEL_GAP - 66);
    panels.push(panel.markup);
    height += PANEL_GAP - 66 + panel.height;
  }
  const notes = [
    'Net: the band’s features summed',
    'with their signs in each sample,',
    'then mean of |sum|. Far below the stack:',
    'transformations that cancel.',
    ...(hasWhiskers ? ['Thin lines: ± one SD over the', 'models of the folds.'] : []),
  ];
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="${FONT}" font-size="12.5" fill="${INK}" role="img">
<title>${text.title}</title>
<rect width="${WIDTH}" height="${height}" rx="6" fill="${PAPER}"/>
<text x="${LEFT - 52}" y="36" font-size="20">${text.title}</text>
<text x="${LEFT - 52}" y="57" font-size="13" font-style="italic" fill="${SOFT}">${text.subtitle}</text>
${grid(axis, BASE, PLOT_HEIGHT)}
${absorptions(x, first, last)}
${bars(bands, axis, x, BASE, bands.length)}
${axis.gap && breakMarks(axis.gap, BASE)}
${strip(x, first - margin, last + margin)}
${nmTicks(x, first, last)}
${legend(bands, PLOT_TOP, notes, true)}
${panels}
</svg>`.text;
}

function absorptions(x: (nm: number) => number, first: number, last: number): Markup {
  const marks = ABSORPTIONS.filter(({ nm }) => nm >= first - 4 && nm <= last + 4).map(({ nm, label }) => {
    const at = round(x(nm));
    return html`<line x1="${at}" x2="${at}" y1="${PLOT_TOP - 2}" y2="${BASE}" stroke="${SOFT}" stroke-dasharray="1 4" stroke-linecap="round"/>
<text x="${at}" y="${PLOT_TOP - 8}" text-anchor="middle" fill="${SOFT}" font-size="11">${label} ${nm}</text>`;
  });
  return html`<g>${marks}</g>`;
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
