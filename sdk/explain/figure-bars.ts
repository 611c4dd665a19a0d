/** Stacked bars over wavelength, their whiskers, and what their colours mean. */
import { html, type Markup } from '../base/index.ts';
import type { BandAttribution } from './attribution.ts';
import type { Axis } from './axis.ts';
import { INK, LEFT, LINE, look, PAPER, PLOT_WIDTH, RIGHT, round, SOFT, short, WIDTH } from './figure-style.ts';

/** What a bar is drawn from. */
export type Bar = Pick<BandAttribution, 'nm' | 'importance' | 'byTransform' | 'sd'> & { readonly net?: number };

/** One stacked bar a band on the line at height `base`; hovering tells its numbers. */
export function bars(
  drawn: readonly Bar[],
  axis: Axis,
  x: (nm: number) => number,
  base: number,
  count: number,
): Markup {
  const barWidth = Math.min(14, Math.max(1.5, (PLOT_WIDTH / count) * 0.78));
  return html`<g>${drawn
    .filter((bar) => bar.importance > 0)
    .map((bar) => {
      const left = round(x(bar.nm) - barWidth / 2);
      const values = Object.entries(bar.byTransform).filter(([, part]) => part > 0);
      let below = 0;
      const parts = values.map(([group, part]) => {
        const from = axis.heightOf(below);
        below += part;
        const to = axis.heightOf(below);
        return html`<rect x="${left}" y="${round(base - to)}" width="${round(barWidth)}" height="${round(to - from)}" fill="${look(group).colour}"/>`;
      });
      const words = values.map(([group, part]) => `${look(group).label} ${short(part)}`).join(', ');
      const said = [
        `${bar.nm} nm: ${short(bar.importance)} (${words})`,
        ...(bar.net === undefined ? [] : [`net ${short(bar.net)}`]),
        ...(bar.sd === undefined ? [] : [`SD over folds ${short(bar.sd)}`]),
      ].join('; ');
      const across = (value: number, width: number) => {
        const y = round(base - axis.heightOf(value));
        return html`<line x1="${round(left - 0.8)}" x2="${round(left + barWidth + 0.8)}" y1="${y}" y2="${y}" stroke="${INK}" stroke-width="${width}"/>`;
      };
      return html`<g><title>${said}</title>${parts}${bar.net !== undefined && across(bar.net, 1.1)}${bar.sd !== undefined && whisker(bar, bar.sd, axis, round(x(bar.nm)), base)}</g>`;
    })}</g>`;
}

/** One standard deviation over the folds' models, up and down from the top of the bar. */
function whisker(bar: Bar, sd: number, axis: Axis, at: number, base: number): Markup {
  const top = round(base - axis.heightOf(bar.importance + sd));
  const bottom = round(base - axis.heightOf(Math.max(0, bar.importance - sd)));
  return html`<line class="whisker" x1="${at}" x2="${at}" y1="${top}" y2="${bottom}" stroke="${INK}" stroke-width="0.7" stroke-opacity="0.55"/>`;
}

/** Greatest value that the bars and their whiskers reach, by bar: what an axis is made for. */
export function reach(drawn: readonly Bar[]): number[] {
  return drawn.map(({ importance, sd = 0 }) => (importance > 0 ? importance + sd : 0));
}

/** Horizontal lines at the ticks, and what the axis says. */
export function grid(axis: Axis, base: number, height: number): Markup {
  const lines = axis.ticks.map((tick) => {
    const y = round(base - axis.heightOf(tick));
    return html`<line x1="${LEFT}" x2="${LEFT + PLOT_WIDTH}" y1="${y}" y2="${y}" stroke="${tick === 0 ? INK : LINE}"/>
<text x="${LEFT - 8}" y="${y + 4}" text-anchor="end" fill="${SOFT}" font-size="11.5">${tick}</text>`;
  });
  return html`<g>${lines}<text transform="translate(${LEFT - 56} ${base - height / 2}) rotate(-90)" text-anchor="middle" font-style="italic" fill="${SOFT}">mean |SHAP| ÷ SD of the target</text></g>`;
}

/** A torn strip of paper across the plot where the axis leaves out values. */
export function breakMarks(gap: { readonly from: number; readonly to: number }, base: number): Markup {
  const teeth = 60;
  const edge = (height: number) =>
    Array.from({ length: teeth + 1 }, (_, i) => {
      const across = LEFT - 6 + (i / teeth) * (PLOT_WIDTH + 12);
      return `${round(across)},${round(base - height + (i % 2 ? 2 : -2))}`;
    });
  const lower = edge(gap.from + 3);
  const upper = edge(gap.to - 3);
  return html`<g><polygon points="${[...lower, ...upper.toReversed()].join(' ')}" fill="${PAPER}"/>
<polyline points="${lower.join(' ')}" fill="none" stroke="${SOFT}" stroke-width="0.6"/><polyline points="${upper.join(' ')}" fill="none" stroke="${SOFT}" stroke-width="0.6"/></g>`;
}

/** Names of the groups by colour, with the importance of each over all bands; only groups that are drawn, and at most as many as fit. */
export function legend(drawn: readonly Bar[], top: number, notes: readonly string[], hasNet: boolean): Markup {
  const left = WIDTH - RIGHT + 28;
  const totals = Object.keys(drawn[0].byTransform)
    .map((group) => ({ group, total: drawn.reduce((sum, bar) => sum + bar.byTransform[group], 0) }))
    .filter(({ total }, _, all) => total > 0 || all.every((other) => other.total === 0));
  const step = Math.min(23, 190 / totals.length);
  const rows = totals.map(({ group, total }, i) => {
    const y = round(top + 8 + i * step);
    return html`<rect x="${left}" y="${y - 9}" width="12" height="12" fill="${look(group).colour}"/><text x="${left + 20}" y="${y + 1.5}">${look(group).label}</text><text x="${WIDTH - 28}" y="${y + 1.5}" text-anchor="end" fill="${SOFT}">${short(total)}</text>`;
  });
  const y = round(top + 12 + totals.length * step);
  const net =
    hasNet &&
    html`<line x1="${left - 1}" x2="${left + 13}" y1="${y - 3}" y2="${y - 3}" stroke="${INK}" stroke-width="1.1"/><text x="${left + 20}" y="${y + 1.5}">net of the band</text>`;
  return html`<g><text x="${WIDTH - 28}" y="${top - 14}" text-anchor="end" font-style="italic" fill="${SOFT}" font-size="11.5">over all bands</text>${rows}
${net}<text x="${left}" y="${y + 26}" font-style="italic" fill="${SOFT}" font-size="11.5">${notes.map((note, i) => html`<tspan x="${left}" dy="${i === 0 ? 0 : 15}">${note}</tspan>`)}</text></g>`;
}
