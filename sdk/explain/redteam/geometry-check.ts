/** Check 13: what the geometry of the image does to the estimates; needs pixels. */
import type { Patch } from '../../spectra/index.ts';
import { type Check, percent } from './check.ts';
import { barFigure, short } from './figures.ts';
import { gradeAbove, skipped, verdict } from './findings.ts';
import { coarser, displacedMask, misregistration, mixed, type PatchFault, patchMean } from './geometry.ts';
import { judge, linesOf, scoreOf, spectraOf } from './judging.ts';
import { rankedRows } from './rows.ts';

const MOST_PATCHES = { quick: 60, full: 300 };

const FAULTS: readonly { readonly name: string; readonly fault: PatchFault }[] = [
  ...[0.5, 1, 2].map((pixels) => ({ name: `bands ${pixels} px apart`, fault: misregistration(pixels) })),
  ...[2, 4, 12.5].map((factor) => ({ name: `pixels ${factor} times as large`, fault: coarser(factor) })),
  ...[1, 2, 3].map((pixels) => ({ name: `mask off by ${pixels} px`, fault: displacedMask(pixels, pixels) })),
  ...[0.2, 0.5].map((share) => ({ name: `${percent(share, 0)} of the neighbours' light`, fault: mixed(share) })),
];

export const geometry: Check = {
  id: 13,
  name: 'geometry',
  title: 'Geometry',
  how: 'bands 0.5 to 2 px apart, pixels 2 to 12.5 times as large, the mask off by 1 to 3 px, mixed pixels; each on the pixels, seen through the mean spectrum',
  async run(audit) {
    const { patchOf } = audit;
    const { quick } = audit.options;
    if (patchOf === undefined)
      return skipped(
        'the data are mean spectra: geometry needs pixels',
        'Give a HYPERVIEW folder or frames to have it checked.',
      );
    const rows: number[] = [];
    const patches: Patch[] = [];
    for (const row of audit.sample) {
      if (rows.length >= (quick ? MOST_PATCHES.quick : MOST_PATCHES.full)) break;
      const patch = await patchOf(audit.rows[row]);
      if (patch === undefined || patch.bands !== audit.bands) continue;
      rows.push(row);
      patches.push(patch);
    }
    if (rows.length < 5) return skipped('fewer than five rows have pixels');
    const sample = Uint32Array.from(rows);
    const straight = spectraOf(audit, sample);
    const before = scoreOf(audit, audit.prediction, sample);
    const outcomes = FAULTS.map(({ name, fault }) => {
      const random = audit.random(name);
      const spectra = new Float32Array(straight.length);
      patches.forEach((patch, i) => {
        // as a change of the row's own spectrum, whatever the unit of its pixels
        const [plain, faulty] = [patchMean(patch, random), fault(patch, random)];
        for (let b = 0; b < audit.bands; b++) {
          const own = straight[i * audit.bands + b];
          spectra[i * audit.bands + b] = plain[b] === 0 ? own : (own * faulty[b]) / plain[b];
        }
      });
      const prediction = judge(audit, sample, spectra);
      const score = scoreOf(audit, prediction, sample);
      return { name, score, loss: score / before - 1, prediction };
    });
    const worst = outcomes.reduce((a, b) => (b.loss > a.loss ? b : a));
    const severity = gradeAbove(worst.loss, { major: 1, medium: 0.25, minor: 0.1 });
    return verdict({
      severity,
      value: worst.loss,
      passLine: 'none raises the score by more than 10 %',
      evidence: `worst: ${worst.name}, score ${short(before)} → ${short(worst.score)} on ${rows.length} patches`,
      suggestion:
        severity === 'passed'
          ? ''
          : 'Shrink the mask by the error that is expected, and leave out fields of a few pixels.',
      rows: severity === 'passed' ? [] : linesOf(audit, rankedRows(audit, worst.prediction, 10)),
      figure: barFigure(
        'Score after the change of geometry',
        outcomes.map(({ name, score }) => ({ label: name, value: score })),
        { at: before, words: 'as measured' },
      ),
      table: {
        columns: ['geometry', 'score', 'change, %'],
        rows: outcomes.map(({ name, score, loss }) => [name, score, 100 * loss]),
      },
    });
  },
};
