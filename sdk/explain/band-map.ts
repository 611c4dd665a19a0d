/** The band-choice map: over wavelength, the bands of each budget as chosen on all rows and, below, as each fold chose them. Plain SVG. */
import { html, type Markup } from '../base/index.ts';
import type { BandPoint } from './bands.ts';
import { ACCENT, INK, SOFT } from './curve.ts';
import { colourOfLight, INFRARED_COLOUR, VISIBLE_END_NM } from './light.ts';

const LINE = '#e4dfd3';
const PAPER = '#fdfbf6';
const FONT = "Georgia, 'Times New Roman', 'DejaVu Serif', serif";
const WIDTH = 1040;
const LEFT = 130;
const RIGHT = 150;
const TOP = 96;
const CHOSEN = 17;
const FOLD = 5;
const GAP = 16;

/** Draws the map of some budgets for an instrument of these band centres; the SVG stands alone. */
export function bandMapFigure(points: readonly BandPoint[], wavelengthsNm: ArrayLike<number>): string {
  const first = wavelengthsNm[0];
  const last = wavelengthsNm[wavelengthsNm.length - 1];
  const room = WIDTH - LEFT - RIGHT;
  const x = (nm: number) => round(LEFT + ((nm - first) / (last - first || 1)) * room);
  let y = TOP;
  const blocks = points.map((point) => {
    const top = y;
    y += CHOSEN + point.foldsNm.length * FOLD + GAP;
    return block(point, top, x);
  });
  const base = y - 4;
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${base + 58}" width="${WIDTH}" height="${base + 58}" font-family="${FONT}" font-size="12.5" fill="${INK}" role="img">
<title>Which bands each budget reads</title>
<rect width="${WIDTH}" height="${base + 58}" rx="6" fill="${PAPER}"/>
<text x="26" y="36" font-size="20">Which bands each budget reads</text>
<text x="26" y="57" font-size="13" font-style="italic" fill="${SOFT}">long marks: chosen on all rows, of the colour of their light; short marks below: chosen by each fold without its own rows</text>
<text x="${WIDTH - 24}" y="${TOP - 12}" text-anchor="end" font-style="italic" fill="${SOFT}" font-size="11.5">folds agree within 10 nm</text>
${ticks(first, last, base, x)}${blocks}
<text x="${LEFT + room / 2}" y="${base + 44}" text-anchor="middle" font-style="italic" fill="${SOFT}">wavelength, nm</text>
</svg>`.text;
}

function block(point: BandPoint, top: number, x: (nm: number) => number): Markup {
  const core = new Set(point.core);
  const chosen = point.nm.map(
    (nm) =>
      html`<g><title>${nm} nm${core.has(nm) && ': nearly every fold reads it or a neighbour'}</title><rect x="${x(nm) - 2.5}" y="${top}" width="5" height="${CHOSEN - 3}" fill="${nm < VISIBLE_END_NM ? colourOfLight(nm) : INFRARED_COLOUR}"/>${core.has(nm) && html`<circle cx="${x(nm)}" cy="${top - 4}" r="2" fill="${ACCENT}"/>`}</g>`,
  );
  const folds = point.foldsNm.map((own, fold) => {
    const from = top + CHOSEN + fold * FOLD;
    return own.map(
      (nm) =>
        html`<line x1="${x(nm)}" x2="${x(nm)}" y1="${from}" y2="${from + FOLD - 1}" stroke="${SOFT}" stroke-width="2"/>`,
    );
  });
  const end = top + CHOSEN + point.foldsNm.length * FOLD;
  return html`<g><rect x="${LEFT - 6}" y="${top - 2}" width="${WIDTH - LEFT - RIGHT + 12}" height="${end - top + 3}" fill="${LINE}" opacity="0.45"/>${chosen}${folds}
<text x="${LEFT - 16}" y="${top + 12}" text-anchor="end">${point.bands} ${point.bands === 1 ? 'band' : 'bands'}</text>
<text x="${WIDTH - 24}" y="${top + 12}" text-anchor="end" fill="${SOFT}">${Math.round(100 * point.agreementNearby)} %</text></g>`;
}

function ticks(first: number, last: number, base: number, x: (nm: number) => number): Markup {
  const marks: Markup[] = [];
  for (let nm = Math.ceil(first / 50) * 50; nm <= last; nm += 50)
    marks.push(
      html`<line x1="${x(nm)}" x2="${x(nm)}" y1="${TOP - 8}" y2="${base}" stroke="${LINE}"/><text x="${x(nm)}" y="${base + 20}" text-anchor="middle">${nm}</text>`,
    );
  return html`<g>${marks}</g>`;
}

const round = (value: number) => Math.round(value * 100) / 100;
