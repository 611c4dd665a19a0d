/** What a training tells while it runs. */
import type { EpochReport } from './train-options.ts';

/** Where an epoch under way stands. */
export interface Standing {
  /** Epochs that are done, of how many. */
  readonly epoch: number;
  readonly epochs: number;
  readonly step: number;
  readonly steps: number;
  /** Loss by the epoch's rows so far. */
  readonly report: EpochReport;
  /** Latents that no row has picked for long, of how many. */
  readonly dead: number;
  readonly latents: number;
  readonly samplesPerSecond: number;
  readonly rowsLeft: number;
}

/** A line within an epoch. */
export function stepLine(standing: Standing): string {
  const { epoch, epochs, step, steps, report, dead, latents, samplesPerSecond, rowsLeft } = standing;
  const { loss, byLevel } = report;
  const levels = byLevel.length > 1 ? ` (${byLevel.map((error) => error.toFixed(3)).join(' ')})` : '';
  const left = duration(rowsLeft / samplesPerSecond);
  return `epoch ${epoch + 1}/${epochs}, step ${step}/${steps}: loss ${loss.toFixed(4)}${levels}, ${dead} of ${latents} latents dead, ${Math.round(samplesPerSecond)} samples/s, ${left} left`;
}

/** Seconds as text: `50 s`, `12 min`, `3.5 h`. */
function duration(seconds: number): string {
  if (seconds < 100) return `${Math.ceil(seconds)} s`;
  return seconds < 6000 ? `${Math.ceil(seconds / 60)} min` : `${(seconds / 3600).toFixed(1)} h`;
}
