/** The checks' figures: plain SVG, readable without a script. Bars for what is compared, lines for what runs over wavelength or strength. */
import { html, type Markup } from '../../base/index.ts';
import { niceTicks } from '../axis.ts';
import { FONT, INK, LINE, PAPER, round, SOFT } from '../figure-style.ts';

const COLOURS = ['#a3452c', '#34586e', '#d39a2d', '#6d7f4f', '#7a5c80', '#b9a58a'];
const WIDTH = 760;

/** Three significant digits, as short as they go. */
export function short(value: number): string {
  if (!Number.isFinite(value)) return '–';
  const text =
    Math.abs(value) >= 1e5 || (value !== 0 && Math.abs(value) < 1e-4)
      ? value.toExponential(1)
      : String(Number(value.toPrecision(3)));
  return text.replace('-', '−');
}

export interface Bar {
  readonly label: string;
  readonly value: number;
  /** Half length of a whisker. */
  readonly spread?: number;
  /** Words behind the value. */
  readonly note?: string;
}

/** Horizontal bars from zero, one a row; `mark` draws a dashed line at a value, such as a pass line. */
export function barFigure(
  title: string,
  bars: readonly Bar[],
  mark?: { readonly at: number; readonly words: string },
): string {
  const left = 230;
  const right = 110;
  const row = 22;
  const top = 66;
  const height = top + bars.length * row + 26;
  const values = bars.flatMap(({ value, spread = 0 }) => [value - spread, value + spread]).filter(Number.isFinite);
  const most = Math.max(0, mark?.at ?? 0, ...values);
  const least = Math.min(0, mark?.at ?? 0, ...values);
  const x = (value: number) => round(left + ((value - least) / (most - least || 1)) * (WIDTH - left - right));
  const rows = bars.map(({ label, value, spread, note }, i) => {
    const y = top + i * row;
    if (!Number.isFinite(value)) return html`<text x="${left - 10}" y="${y + 13}" text-anchor="end">${label}</text>`;
    const from = Math.min(x(0), x(value));
    const whisker =
      spread !== undefined &&
      html`<line x1="${x(value - spread)}" x2="${x(value + spread)}" y1="${y + 8.5}" y2="${y + 8.5}" stroke="${INK}"/>`;
    return html`<g><title>${label}: ${short(value)}</title><text x="${left - 10}" y="${y + 13}" text-anchor="end">${label}</text>
<rect x="${from}" y="${y + 2}" width="${round(Math.max(1, Math.abs(x(value) - x(0))))}" height="13" fill="${COLOURS[0]}" opacity="0.85"/>${whisker}
<text x="${Math.max(x(value + (spread ?? 0)), x(0)) + 6}" y="${y + 13}" fill="${SOFT}" font-size="11.5">${short(value)}${note && ` ${note}`}</text></g>`;
  });
  const line =
    mark &&
    html`<line x1="${x(mark.at)}" x2="${x(mark.at)}" y1="${top - 6}" y2="${height - 22}" stroke="${INK}" stroke-dasharray="2 4"/>
<text x="${x(mark.at)}" y="${top - 12}" text-anchor="middle" font-size="11.5" font-style="italic" fill="${SOFT}">${mark.words}</text>`;
  return frame(
    title,
    height,
    html`<line x1="${x(0)}" x2="${x(0)}" y1="${top - 4}" y2="${height - 22}" stroke="${INK}"/>${rows}${line}`,
  );
}

export interface Curve {
  readonly label: string;
  readonly x: ArrayLike<number>;
  readonly y: ArrayLike<number>;
}

/** Lines over one axis. */
export function lineFigure(
  title: string,
  axes: { readonly x: string; readonly y: string; readonly logX?: boolean },
  curves: readonly Curve[],
  marks: readonly { readonly at: number; readonly words: string }[] = [],
): string {
  const [left, top, plotWidth, plotHeight] = [70, 66, WIDTH - 230, 210];
  const transform = (value: number) => (axes.logX ? Math.log10(value) : value);
  const xs = curves.flatMap((curve) => Array.from(curve.x, transform));
  const ys = curves.flatMap((curve) => Array.from(curve.y)).filter(Number.isFinite);
  const [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  const [y0, y1] = [Math.min(0, ...ys), Math.max(...ys, 1e-300)];
  const x = (value: number) => round(left + ((transform(value) - x0) / (x1 - x0 || 1)) * plotWidth);
  const y = (value: number) => round(top + plotHeight - ((value - y0) / (y1 - y0 || 1)) * plotHeight);
  const yTicks = niceTicks(y0, y1, 5).map(
    (tick) =>
      html`<line x1="${left}" x2="${left + plotWidth}" y1="${y(tick)}" y2="${y(tick)}" stroke="${tick === 0 ? INK : LINE}"/><text x="${left - 8}" y="${y(tick) + 4}" text-anchor="end" fill="${SOFT}" font-size="11.5">${short(tick)}</text>`,
  );
  const xTicks = (axes.logX ? [...new Set(curves.flatMap((curve) => Array.from(curve.x)))] : niceTicks(x0, x1, 5)).map(
    (tick) =>
      html`<text x="${x(tick)}" y="${top + plotHeight + 18}" text-anchor="middle" fill="${SOFT}" font-size="11.5">${short(tick)}</text>`,
  );
  const lines = curves.map((curve, i) => {
    const points = Array.from(curve.x, (at, k) => [at, curve.y[k]] as const).filter(([, value]) =>
      Number.isFinite(value),
    );
    const dots =
      points.length <= 24 &&
      points.map(
        ([at, value]) => html`<circle cx="${x(at)}" cy="${y(value)}" r="2.6" fill="${COLOURS[i % COLOURS.length]}"/>`,
      );
    return html`<g><title>${curve.label}</title><polyline points="${points.map(([at, value]) => `${x(at)},${y(value)}`).join(' ')}" fill="none" stroke="${COLOURS[i % COLOURS.length]}" stroke-width="1.6"/>${dots}
<line x1="${left + plotWidth + 16}" x2="${left + plotWidth + 32}" y1="${top + 4 + i * 20}" y2="${top + 4 + i * 20}" stroke="${COLOURS[i % COLOURS.length]}" stroke-width="2"/><text x="${left + plotWidth + 38}" y="${top + 8 + i * 20}" font-size="12">${curve.label}</text></g>`;
  });
  const marked = marks.map(
    ({ at, words }) =>
      html`<line x1="${x(at)}" x2="${x(at)}" y1="${top}" y2="${top + plotHeight}" stroke="${SOFT}" stroke-dasharray="1 4"/><text x="${x(at)}" y="${top - 6}" text-anchor="middle" font-size="11" fill="${SOFT}">${words}</text>`,
  );
  const height = top + plotHeight + 46;
  return frame(
    title,
    height,
    html`${yTicks}${xTicks}${marked}${lines}<text x="${left + plotWidth / 2}" y="${height - 10}" text-anchor="middle" font-style="italic" fill="${SOFT}">${axes.x}</text>
<text transform="translate(18 ${top + plotHeight / 2}) rotate(-90)" text-anchor="middle" font-style="italic" fill="${SOFT}">${axes.y}</text>`,
  );
}

function frame(title: string, height: number, body: Markup): string {
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${height}" width="${WIDTH}" height="${height}" font-family="${FONT}" font-size="12.5" fill="${INK}" role="img">
<title>${title}</title><rect width="${WIDTH}" height="${height}" rx="6" fill="${PAPER}"/>
<text x="24" y="32" font-size="16">${title}</text>${body}</svg>`.text;
}
