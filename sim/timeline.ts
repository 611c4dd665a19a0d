/** The passes of a flight as one figure: how high the craft stands, how much the archive holds, and what went wrong when. */
import { html, type Markup } from '../sdk/base/index.ts';

/** Something that went wrong, in simulated time. */
export interface TimelineEvent {
  readonly kind: 'outage' | 'powerCut';
  readonly fromMs: number;
  /** Link back, or board heard again. */
  readonly untilMs: number;
}

/** One pass to draw. */
export interface TimelinePass {
  readonly number: number;
  readonly aosMs: number;
  readonly losMs: number;
  /** Elevation at equal steps from AOS to LOS, degrees. */
  readonly elevationDeg: readonly number[];
  /** How many frames the archive held at which time, ascending. */
  readonly archived: readonly { readonly timeMs: number; readonly frames: number }[];
  readonly events: readonly TimelineEvent[];
}

const WIDTH = 1000;
const LEFT = 70;
const RIGHT = 14;
const GAP = 26;
const SKY_TOP = 46;
const SKY_HEIGHT = 64;
const PLOT_TOP = SKY_TOP + SKY_HEIGHT + 22;
const PLOT_HEIGHT = 170;
const HEIGHT = PLOT_TOP + PLOT_HEIGHT + 44;
const ZENITH = 90;

/** Draws the passes side by side as an SVG. `produced` is how many frames the board made in all. */
export function drawTimeline(passes: readonly TimelinePass[], produced: number): string {
  const most = Math.max(1, produced, ...passes.flatMap(({ archived }) => archived.map(({ frames }) => frames)));
  const width = (WIDTH - LEFT - RIGHT - GAP * (passes.length - 1)) / passes.length;
  const y = (frames: number) => PLOT_TOP + PLOT_HEIGHT * (1 - frames / most);
  const steps = niceSteps(most);
  return html`<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img"
aria-label="Frames in the ground's archive over ${passes.length} passes" font-family="system-ui,sans-serif" font-size="12">
<defs><pattern id="hatch" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
<rect width="6" height="6" fill="#f3ded0"/><line x1="0" y1="0" x2="0" y2="6" stroke="#d99a72" stroke-width="2"/></pattern></defs>
<text x="${LEFT - 8}" y="${SKY_TOP + SKY_HEIGHT / 2}" text-anchor="end" fill="#5b6775">elevation</text>
${steps.map(
  (step) => html`<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(step)}" y2="${y(step)}" stroke="#e4e9ee"/>
<text x="${LEFT - 8}" y="${y(step) + 4}" text-anchor="end" fill="#5b6775">${step}</text>`,
)}
${passes.map((pass, i) => drawPass(pass, LEFT + i * (width + GAP), width, y))}
<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(produced)}" y2="${y(produced)}" stroke="#1b2430" stroke-dasharray="3 4"/>
<text x="${WIDTH - RIGHT}" y="${y(produced) - 5}" text-anchor="end" fill="#1b2430">${produced} frames made on board</text>
<text x="${LEFT}" y="${HEIGHT - 6}" fill="#5b6775">frames in the ground's archive over time; the hours between the passes are left out</text>
</svg>`.text;
}

function drawPass(pass: TimelinePass, left: number, width: number, y: (frames: number) => number): Markup {
  const x = (timeMs: number) => left + (width * (timeMs - pass.aosMs)) / (pass.losMs - pass.aosMs);
  const clamp = (timeMs: number) => Math.min(left + width, Math.max(left, x(timeMs)));
  const sky = (deg: number) => SKY_TOP + SKY_HEIGHT * (1 - Math.max(0, deg) / ZENITH);
  const arc = pass.elevationDeg.map(
    (deg, i) => `${point(left + (width * i) / Math.max(1, pass.elevationDeg.length - 1))},${point(sky(deg))}`,
  );
  const floor = PLOT_TOP + PLOT_HEIGHT;
  const start = pass.archived[0]?.frames ?? 0;
  const line = [
    `${point(left)},${point(y(start))}`,
    ...pass.archived.map(({ timeMs, frames }) => `${point(clamp(timeMs))},${point(y(frames))}`),
    `${point(left + width)},${point(y(pass.archived.at(-1)?.frames ?? start))}`,
  ].join(' ');
  return html`<text x="${left}" y="16" font-weight="600" fill="#1b2430">Pass ${pass.number}</text>
<text x="${left}" y="32" fill="#5b6775">${timeOf(pass.aosMs)} – ${timeOf(pass.losMs)} UTC</text>
<rect x="${left}" y="${SKY_TOP}" width="${point(width)}" height="${SKY_HEIGHT}" fill="#f5f7f9"/>
<polygon points="${left},${SKY_TOP + SKY_HEIGHT} ${arc.join(' ')} ${point(left + width)},${SKY_TOP + SKY_HEIGHT}" fill="#dbe6f1"/>
<text x="${left + width - 4}" y="${SKY_TOP + 13}" text-anchor="end" fill="#5b6775">up to ${Math.round(Math.max(0, ...pass.elevationDeg))}°</text>
<rect x="${left}" y="${PLOT_TOP}" width="${point(width)}" height="${PLOT_HEIGHT}" fill="none" stroke="#d9dfe6"/>
${pass.events.map((event) => drawEvent(event, clamp, floor))}
<polygon points="${point(left)},${floor} ${line} ${point(left + width)},${floor}" fill="#8a4b14" fill-opacity="0.1"/>
<polyline points="${line}" fill="none" stroke="#8a4b14" stroke-width="2" stroke-linejoin="round"/>
<text x="${left}" y="${floor + 16}" fill="#5b6775">AOS</text>
<text x="${left + width}" y="${floor + 16}" text-anchor="end" fill="#5b6775">LOS</text>`;
}

function drawEvent(event: TimelineEvent, x: (timeMs: number) => number, floor: number): Markup {
  const from = x(event.fromMs);
  const until = Math.max(from + 3, x(event.untilMs));
  const seconds = Math.round((event.untilMs - event.fromMs) / 1000);
  if (event.kind === 'outage') {
    return html`<rect x="${point(from)}" y="${SKY_TOP}" width="${point(until - from)}" height="${floor - SKY_TOP}" fill="url(#hatch)" fill-opacity="0.75"/>
<text x="${point(from + 2)}" y="${PLOT_TOP - 6}" fill="#9a4d1d">outage ${seconds} s</text>`;
  }
  return html`<rect x="${point(from)}" y="${SKY_TOP}" width="${point(until - from)}" height="${floor - SKY_TOP}" fill="#c0392b" fill-opacity="0.12"/>
<line x1="${point(from)}" x2="${point(from)}" y1="${SKY_TOP}" y2="${floor}" stroke="#c0392b" stroke-width="2"/>
<text x="${point(from + 4)}" y="${PLOT_TOP + 14}" fill="#c0392b">power cut,</text>
<text x="${point(from + 4)}" y="${PLOT_TOP + 28}" fill="#c0392b">back after ${seconds} s</text>`;
}

function point(value: number): string {
  return value.toFixed(1);
}

function timeOf(timeMs: number): string {
  return new Date(timeMs).toISOString().slice(11, 16);
}

/** Three to six round numbers up to `most`, from 0. */
function niceSteps(most: number): number[] {
  const raw = most / 4;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = Math.max(1, power * ([1, 2, 5, 10].find((factor) => factor * power >= raw) ?? 10));
  return Array.from({ length: Math.floor(most / step) + 1 }, (_, i) => i * step);
}
