/** What a reader of a score must know first: how the rows were split, whether what belongs together stayed together, what lay outside, and how narrow the estimates are. */
import { html, type Markup, quantile } from '../base/index.ts';
import { domainDistance, type Folds, fitDomain, type Score } from '../spectra/index.ts';
import { fixed, signed } from './decimals.ts';
import type { Problem } from './problem.ts';

/** How a score came about. */
export interface Validation {
  readonly scheme: string;
  /** Whether whole groups were held out. */
  readonly grouped: boolean;
  /** Share of held-out rows whose spectra are unlike those that their fold trained on; null where there are too few to say. */
  readonly outsideShare: number | null;
  /** SD(prediction)/SD(truth) of each target; null where the truth does not vary. */
  readonly sdRatio: Readonly<Record<string, number | null>>;
  /** Of averaging forests: median over the held-out rows of the greatest share of trees in which each falls into a leaf with one row trained on. */
  readonly leafProximity?: number;
  /** The same model in random folds, where groups were held out: what random folds flatter by. */
  readonly random?: RandomBeside;
}

export interface RandomBeside {
  readonly scheme: string;
  readonly score: number;
  /** R² in random folds, and in the grouped ones. */
  readonly r2: Readonly<Record<string, readonly [number, number]>>;
  /** Score of the grouped folds − that of the random ones. */
  readonly gap: number;
}

/** Below this SD(prediction)/SD(truth) a range is called narrow. */
const NARROW = 0.8;
/** Above it, wide. */
const WIDE = 1.25;

/**
 * Share of the held-out rows that lie outside the domain of their fold's training rows, or null where no fold has enough of them.
 * @param spectra [n, bandCount]
 * @param bands bands that the model reads
 */
function outsideShare(
  spectra: Float32Array,
  bandCount: number,
  folds: Folds,
  bands: readonly number[],
  seed: number,
): number | null {
  let outside = 0;
  let seen = 0;
  const take = (isTaken: (fold: number) => boolean) => {
    const rows = [...folds.of.keys()].filter((row) => isTaken(folds.of[row]));
    const taken = new Float32Array(rows.length * bandCount);
    rows.forEach((row, i) => {
      taken.set(spectra.subarray(row * bandCount, (row + 1) * bandCount), i * bandCount);
    });
    return taken;
  };
  // many folds are judged some at a time
  const parts = Math.min(folds.names.length, MOST_PARTS);
  for (let part = 0; part < parts; part++) {
    const isOut = (fold: number) => fold < folds.names.length && fold % parts === part;
    const domain = fitDomain(
      take((fold) => !isOut(fold)),
      bandCount,
      { bands, seed },
    );
    if (domain === null) continue;
    for (const distance of domainDistance(domain, take(isOut), bandCount)) {
      seen++;
      if (distance > 1) outside++;
    }
  }
  return seen === 0 ? null : outside / seen;
}

const MOST_PARTS = 10;

/** How a score came about, from the problem and the score's figures. */
export function validationOf(
  { selection, table, folds, fit }: Problem,
  bands: readonly number[],
  perTarget: Score['perTarget'],
  random?: RandomBeside | null,
  proximity?: Float64Array,
): Validation {
  return {
    scheme: folds.scheme,
    grouped: folds.kind === 'grouped',
    outsideShare: outsideShare(selection.spectra, table.wavelengthsNm.length, folds, bands, fit.seed),
    sdRatio: Object.fromEntries(Object.entries(perTarget).map(([name, { sdRatio }]) => [name, sdRatio])),
    ...(proximity && { leafProximity: quantile(proximity.slice().sort(), 0.5) }),
    ...(random && { random }),
  };
}

/** The first lines of a report on a score, from what `model.json` says of it. */
export function firstLines(folds: Folds, figures: Readonly<Record<string, unknown>>): Markup {
  const validation = figures.validation as Validation | undefined;
  const grouped = folds.kind === 'grouped';
  return html`<ul>
${validation?.random && gapLine(validation.random)}
<li>${splitWords(folds.scheme, grouped)}</li>
${validation && html`<li>${outsideWords(validation)}</li><li>${rangeWords(validation.sdRatio)}</li>`}
</ul>`;
}

function gapLine({ gap, scheme, score, r2 }: RandomBeside): Markup {
  const targets = Object.entries(r2).map(
    ([name, [random, own]]) => `${name} ${fixed(own, 2)} against ${fixed(random, 2)}`,
  );
  return html`<li><b>Random folds flatter this model by ${signed(gap, 3)} of the score</b>: ${(score + gap).toFixed(3)} with whole groups held out, ${score.toFixed(3)} on ${scheme}. R² ${targets.join(', ')}.</li>`;
}

function outsideWords({ outsideShare: share, leafProximity }: Validation): string {
  if (share === null) return 'Too few rows to say which are unlike those trained on.';
  const spectra = `${(100 * share).toFixed(1)} % of the held-out rows have spectra unlike those that their fold trained on (the limit lets 1 % of like ones pass it).`;
  return leafProximity === undefined
    ? spectra
    : `${spectra} In the median a held-out row shares its leaf with one and the same row trained on in ${(100 * leafProximity).toFixed(0)} % of the trees.`;
}

function rangeWords(sdRatio: Validation['sdRatio']): string {
  const entries = Object.entries(sdRatio);
  const narrow = entries.filter(([, ratio]) => ratio !== null && ratio < NARROW).map(([name]) => name);
  const all = entries.map(([name, ratio]) => `${name} ${ratio === null ? '–' : ratio.toFixed(2)}`).join(', ');
  if (narrow.length > 0)
    return `Narrow range: the estimates of ${narrow.join(', ')} spread less than the truth, and extremes are pulled towards the mean: SD ratio ${all}.`;
  const wide = entries.filter(([, ratio]) => ratio !== null && ratio > WIDE).map(([name]) => name);
  return wide.length > 0
    ? `The estimates of ${wide.join(', ')} spread wider than the truth, so the model is guessing far out: SD ratio ${all}.`
    : `The estimates spread nearly as wide as the truth: SD ratio ${all}.`;
}

function splitWords(scheme: string, grouped: boolean): string {
  if (grouped) return `Validated on ${scheme}: rows of one group are never on both sides.`;
  if (scheme.includes('random'))
    return `Validated on ${scheme}, not grouped. Random folds put samples of one field on both sides and flatter a model: see the figure of --group NAME or --folds column:NAME before trusting it elsewhere.`;
  return `Validated on ${scheme}. Whether these keep fields and replicates together is the table's word, not checked here.`;
}
