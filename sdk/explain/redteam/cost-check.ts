/** Check 18: what the model makes the instrument read, the board compute and the link carry. */
import { readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { needsPixels } from '../../spectra/index.ts';
import type { AuditCase } from './audit-case.ts';
import { type Check, percent } from './check.ts';
import { short } from './figures.ts';
import { verdict } from './findings.ts';
import { bandsOfModel } from './judging.ts';

/** Multiplications, additions and comparisons of one estimate, by what they are for. */
interface Arithmetic {
  readonly what: string;
  readonly flop: number;
}

export const costTruth: Check = {
  id: 18,
  name: 'cost',
  title: 'Cost truth',
  how: 'bands in the footprint of any feature, pixels, arithmetic of one estimate (views at their bands, two operations a weight, one comparison a level of a tree), bytes of the model folder without its report',
  async run(audit) {
    const { model } = audit.soil;
    const read = bandsOfModel(audit);
    const pixels = needsPixels(model.features);
    const work = arithmetic(audit);
    const flop = work.reduce((sum, part) => sum + part.flop, 0);
    const bytes = await modelBytes(audit.options.model);
    const total = bytes.reduce((sum, file) => sum + file.bytes, 0);
    const share = read.length / audit.bands;
    const severity = pixels || share > 0.5 ? 'minor' : 'passed';
    return verdict({
      severity,
      value: read.length,
      passLine: 'at most half of the bands, and no pixels',
      evidence: `${read.length} of ${audit.bands} bands (${percent(share, 0)}), ${pixels ? 'pixels' : 'no pixels'}, ${short(flop)} operations an estimate, ${short(total)} bytes`,
      suggestion:
        severity === 'passed'
          ? ''
          : 'Prune under a budget of bands: features that read every band keep the whole instrument on.',
      table: {
        columns: ['what', 'number'],
        rows: [
          ['features', audit.features],
          ['bands read', read.length],
          ['first band, nm', read.length > 0 ? audit.wavelengthsNm[read[0]] : null],
          ['last band, nm', read.length > 0 ? audit.wavelengthsNm[read[read.length - 1]] : null],
          ['needs pixels', pixels ? 'yes' : 'no'],
          ...work.map(({ what, flop: own }): [string, number] => [`operations: ${what}`, own]),
          ...bytes.map(({ file, bytes: own }): [string, number] => [`bytes: ${file}`, own]),
        ],
      },
    });
  },
};

function arithmetic(audit: AuditCase): Arithmetic[] {
  const { features } = audit.soil.model;
  const steps = new Set(features.map(({ view = 'mean' }) => view));
  // a step over the spectrum is counted as ten operations a band: a filter, a logarithm or a mean and SD
  const views = [...steps].reduce((sum, view) => sum + 10 * (view.split('/').length - 1) * audit.bands, 0);
  const weights = features.reduce((sum, feature) => sum + 2 * feature.weights.length, 0);
  return [
    { what: 'views', flop: views },
    { what: 'features', flop: weights },
    { what: 'model', flop: modelWork(audit) },
  ];
}

function modelWork(audit: AuditCase): number {
  const { forest } = audit.soil.estimator;
  const T = audit.targets.length;
  if (forest === undefined) return 2 * audit.features * T;
  // mean depth that training rows fell to, weighted by them
  let work = 0;
  for (const root of forest.roots) {
    let fallen = 0;
    const waiting = [root];
    for (let node = waiting.pop(); node !== undefined; node = waiting.pop()) {
      if (forest.feature[node] < 0) continue;
      fallen += forest.cover[node];
      waiting.push(forest.left[node], forest.right[node]);
    }
    work += fallen / forest.cover[root] + T;
  }
  return Math.round(work);
}

/** Files that fly, with their bytes. */
async function modelBytes(folder: string): Promise<{ file: string; bytes: number }[]> {
  const files = (await readdir(folder))
    .filter((file) => /\.(json|onnx|npz)$/.test(file) && file !== 'holdout.npz')
    .sort();
  return Promise.all(files.map(async (file) => ({ file, bytes: (await stat(join(folder, file))).size })));
}
