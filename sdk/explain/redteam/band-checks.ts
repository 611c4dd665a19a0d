/** Check 10: a band that tells the target by itself, without its neighbours; and the bands that the atmosphere and the edges spoil. */
import { footprintOf } from '../../spectra/index.ts';
import { strongest } from '../strongest.ts';
import type { AuditCase } from './audit-case.ts';
import { type BandSignal, bandResiduals, bandSignals, isForeign } from './band-residuals.ts';
import { type Check, nm, percent } from './check.ts';
import { bridgeBand } from './faults.ts';
import { lineFigure, short } from './figures.ts';
import { verdict } from './findings.ts';
import { assemble, crossJobs, foldScore, judge, linesOf, ownColumns, scoreOf, spectraOf } from './judging.ts';
import { bandImportance, modelShap } from './model-shap.ts';
import { PLANTED, plantedControls } from './planted-control.ts';
import { pearson } from './statistics.ts';

/** Shuffles of the targets that say which correlations come by chance. */
const SHUFFLES = { full: 200, quick: 100 };
/** Loss of score without what the band says alone, from which on the model depends on it. */
const DEPENDS = 0.02;

export const spuriousBands: Check = {
  id: 10,
  name: 'spurious-bands',
  title: 'Spurious bands',
  how: "what each band says that its four neighbours on either side do not, against the targets; p-values over shuffled targets, corrected for all bands; the score with the band's own part taken away. A band planted by us shows that the check sees one",
  async run(audit) {
    const { bands: B } = audit;
    const residuals = bandResiduals(audit.spectra, B);
    const signals = bandSignals(residuals, audit.spectra, B, audit.truth, audit.targetSd);
    const limit = correlationLimit(audit, residuals);
    const foreign = signals.filter((signal) => isForeign(signals, signal, limit));
    const bridged = await bridgeLosses(audit, foreign);
    const shap = modelShap(audit);
    const importance = shap ? bandImportance(audit, shap.importance) : null;
    const total = importance?.reduce((sum, value) => sum + value, 0) ?? 0;
    const details = foreign
      .map((signal, i) => ({
        ...signal,
        loss: bridged[i],
        share: importance && total > 0 ? importance[signal.band] / total : Number.NaN,
      }))
      .sort((a, b) => b.loss - a.loss || b.excess - a.excess);
    const used = details.filter(({ loss, share }) => loss > DEPENDS || share > 3 / B);
    const controls = plantedControls(audit, residuals, limit);
    const seen = controls.filter(({ found }) => found).length;
    const best = controls.map(({ rank }) => rank ?? Number.NaN).filter(Number.isFinite);
    const spoilt = await withoutSpoilt(audit);
    const severity =
      used.length > 0 ? 'major' : details.length > 0 ? 'medium' : 2 * seen > controls.length ? 'passed' : 'minor';
    const [worst] = details;
    return verdict({
      severity,
      value: details.length,
      passLine: 'no band carries a target by itself, and most of the bands that we plant are found',
      evidence: [
        worst
          ? `${details
              .map(({ band }) => nm(audit, band))
              .slice(0, 5)
              .join(
                ', ',
              )}: at ${nm(audit, worst.band)} the band's own part goes with ${audit.targets[worst.target]} (r ${short(worst.correlation)}), ${short(worst.excess)} times as strongly as the median band's; without it the score changes by ${percent(worst.loss)}`
          : `no band stands out: the strongest own part is at ${nm(audit, strongestSignal(signals).band)} (r ${short(strongestSignal(signals).correlation)}, ${short(strongestSignal(signals).excess)} times the median band's)`,
        `of ${controls.length} bands planted by us, a shift of ${percent(PLANTED)} in half of the samples each, ${seen} are found${best.length > 0 ? `, one of them at rank ${best[0]} by SHAP after a refit` : ''}`,
        ...(spoilt === null
          ? []
          : [
              `without the bands at 760, 820 and 940 nm and three at each edge the score goes from ${short(spoilt.full)} to ${short(spoilt.without)}`,
            ]),
      ].join('; '),
      suggestion:
        worst !== undefined
          ? `Look at the raw counts of ${nm(audit, worst.band)} sample by sample: a real absorption is wider than one band. Leave the band out and train again.`
          : severity === 'minor'
            ? 'The neighbours tell too little of a band here for a foreign signal to stand out; look at band-wise residuals by hand.'
            : '',
      rows: worst ? linesOf(audit, carrying(audit, residuals, worst.band)) : [],
      figure: lineFigure(
        "How strongly each band's own part goes with a target",
        { x: 'wavelength, nm', y: '|correlation| of the own part' },
        [{ label: 'own part', x: audit.wavelengthsNm, y: signals.map(({ correlation }) => Math.abs(correlation)) }],
        details.slice(0, 3).map(({ band }) => ({ at: audit.wavelengthsNm[band], words: nm(audit, band) })),
      ),
      table: {
        columns: ['band, nm', 'target', 'r', 'times the median band', 'loss without it, %', 'share of SHAP, %'],
        rows: (details.length > 0 ? details : [{ ...strongestSignal(signals), loss: Number.NaN, share: Number.NaN }])
          .slice(0, 12)
          .map(({ band, target, correlation, excess, loss, share }) => [
            audit.wavelengthsNm[band],
            audit.targets[target],
            correlation,
            excess,
            100 * loss,
            100 * share,
          ]),
      },
    });
  },
};

function strongestSignal(signals: readonly BandSignal[]): BandSignal {
  return signals.reduce((a, b) => (b.excess > a.excess ? b : a));
}

/** The greatest |correlation| of any band's own part with any target that 95 % of shuffles of the targets stay below. */
function correlationLimit(audit: AuditCase, residuals: Float64Array): number {
  const { bands: B, n } = audit;
  const T = audit.targets.length;
  const columns = Array.from({ length: B }, (_, band) =>
    Float64Array.from({ length: n }, (__, i) => residuals[i * B + band]),
  );
  const random = audit.random('shuffles of spurious bands');
  const shuffles = audit.options.quick ? SHUFFLES.quick : SHUFFLES.full;
  const most = Float64Array.from({ length: shuffles }, () => {
    const order = random.permutation(n);
    let greatest = 0;
    for (let t = 0; t < T; t++) {
      const target = Float64Array.from(order, (row) => audit.truth[row * T + t]);
      for (const column of columns) greatest = Math.max(greatest, Math.abs(pearson(column, target)));
    }
    return greatest;
  }).sort();
  return most[Math.ceil(0.95 * shuffles) - 1];
}

/** Relative change of the score where each band is bridged from its neighbours. */
async function bridgeLosses(audit: AuditCase, signals: readonly BandSignal[]): Promise<number[]> {
  const before = { values: spectraOf(audit, audit.sample), wavelengthsNm: audit.wavelengthsNm };
  return signals.map(({ band }) => {
    const after = judge(audit, audit.sample, bridgeBand(band)(before, audit.random('bridge')));
    return scoreOf(audit, after, audit.sample) / audit.sampleScore - 1;
  });
}

/** Rows whose own part of a band is greatest: those that carry the foreign signal. */
function carrying(audit: AuditCase, residuals: Float64Array, band: number): Uint32Array {
  return strongest(
    Float64Array.from({ length: audit.n }, (_, i) => Math.abs(residuals[i * audit.bands + band])),
    10,
  );
}

/** Half width in nm of what an absorption of the atmosphere spoils. */
const SPOILT_NM = 6;
const ATMOSPHERE_NM = [760, 820, 940];
const EDGE_BANDS = 3;

/** Score without the features that read spoilt bands, beside the one with all; null where none or all do. */
async function withoutSpoilt(audit: AuditCase): Promise<{ full: number; without: number } | null> {
  if (!audit.canRefit) return null;
  const isSpoilt = Array.from(
    audit.wavelengthsNm,
    (at, band) =>
      band < EDGE_BANDS ||
      band >= audit.bands - EDGE_BANDS ||
      ATMOSPHERE_NM.some((line) => Math.abs(at - line) <= SPOILT_NM),
  );
  const clean = ownColumns(audit.features).filter(
    (f) => !footprintOf(audit.soil.model.features[f]).some((band) => isSpoilt[band]),
  );
  if (clean.length === 0 || clean.length === audit.features) return null;
  const scoreWith = async (columns: Uint32Array) => {
    const jobs = crossJobs(audit, audit.folds, columns, 'spoilt');
    return foldScore(audit, assemble(audit, jobs, await audit.refits(jobs)), audit.folds);
  };
  return { full: await scoreWith(ownColumns(audit.features)), without: await scoreWith(clean) };
}
