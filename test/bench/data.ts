/**
 * Seeded data for the benchmarks of forests: tables of spectral features whose columns hang together as those of real soils do. Made of
 * the spectra in models/soil-spectra, so nothing is downloaded, and the same bytes everywhere.
 */
import { readFileSync } from 'node:fs';
import { Random } from '../../sdk/base/index.ts';
import {
  catalogue,
  computeFeatures,
  LOCAL_GROUPS,
  parseSpectraTable,
  resolveDataset,
  selectTargets,
} from '../../sdk/spectra/index.ts';

export interface BenchData {
  /** [rows, features] */
  readonly x: Float32Array;
  /** [rows, targets] */
  readonly y: Float64Array;
  readonly rows: number;
  readonly features: number;
  readonly targets: number;
  /** Published fold of each row, where the rows are real: `limesoda`. */
  readonly fold?: Int32Array;
}

/**
 * Reflectance and its first three derivatives (groups arr, d1, d2, d3).
 * - `limesoda`: the 558 soils with pH, clay and SOC, 150 bands: 600 features, 3 targets, as in test/oracles/forest_limesoda.py.
 * - `S500`, `S3400`: 1,700 mixtures of two such soils each, on 125 or 850 bands, every feature with noise of 2 % of its SD; 4 targets: pH,
 *   clay, SOC and mean reflectance, each with noise of 20 % of its SD, for no laboratory is exact.
 */
export function benchData(name: 'S500' | 'S3400' | 'limesoda'): BenchData {
  const soils = readSoils();
  if (name === 'limesoda') {
    const x = computeFeatures(catalogue(soils.bands, LOCAL_GROUPS), soils.spectra, soils.bands);
    return {
      x,
      y: soils.truth,
      rows: soils.rows,
      features: LOCAL_GROUPS.length * soils.bands,
      targets: 3,
      fold: soils.fold,
    };
  }
  return mixtures(soils, 1700, name === 'S500' ? 125 : 850);
}

type Soils = ReturnType<typeof readSoils>;

function readSoils() {
  const path = resolveDataset('limesoda');
  const table = parseSpectraTable(readFileSync(path, 'utf8'), 'limesoda');
  const { rows, spectra, truth } = selectTargets(table, ['pH', 'clay', 'SOC']);
  const folds = table.columns.get('fold') ?? [];
  const fold = Int32Array.from(rows, (row) => Number(folds[row]));
  return { rows: rows.length, bands: table.wavelengthsNm.length, spectra, truth, fold };
}

function mixtures(soils: Soils, rows: number, bands: number): BenchData {
  const random = Random.of(1, `mixtures on ${bands} bands`);
  const spectra = new Float64Array(rows * bands);
  const targets = 4;
  const y = new Float64Array(rows * targets);
  for (let row = 0; row < rows; row++) {
    const [a, b] = [random.below(soils.rows), random.below(soils.rows)];
    const share = random.uniform();
    const mixed = Float64Array.from(
      { length: soils.bands },
      (_, band) => share * soils.spectra[a * soils.bands + band] + (1 - share) * soils.spectra[b * soils.bands + band],
    );
    spectra.set(resample(mixed, bands), row * bands);
    for (let t = 0; t < 3; t++)
      y[row * targets + t] = share * soils.truth[a * 3 + t] + (1 - share) * soils.truth[b * 3 + t];
    y[row * targets + 3] = mixed.reduce((sum, value) => sum + value, 0) / soils.bands;
  }
  const features = LOCAL_GROUPS.length * bands;
  const x = computeFeatures(catalogue(bands, LOCAL_GROUPS), spectra, bands);
  addNoise(x, rows, features, 0.02, random);
  addNoise(y, rows, targets, 0.2, random);
  return { x, y, rows, features, targets };
}

/** Values at `length` places evenly over a spectrum, by the cubic through the four neighbours (Catmull–Rom): smooth, so derivatives are too. */
function resample(spectrum: Float64Array, length: number): Float64Array {
  const at = (i: number) => spectrum[Math.min(spectrum.length - 1, Math.max(0, i))];
  return Float64Array.from({ length }, (_, i) => {
    const place = (i * (spectrum.length - 1)) / (length - 1);
    const j = Math.floor(place);
    const t = place - j;
    const [p, q, r, s] = [at(j - 1), at(j), at(j + 1), at(j + 2)];
    return q + (t / 2) * (r - p + t * (2 * p - 5 * q + 4 * r - s + t * (3 * (q - r) + s - p)));
  });
}

/** Adds to each column normal noise of `share` of its SD. */
function addNoise(
  values: Float32Array | Float64Array,
  rows: number,
  width: number,
  share: number,
  random: Random,
): void {
  for (let column = 0; column < width; column++) {
    let [sum, square] = [0, 0];
    for (let at = column; at < values.length; at += width) sum += values[at];
    for (let at = column; at < values.length; at += width) square += (values[at] - sum / rows) ** 2;
    const sd = Math.sqrt(square / rows);
    for (let at = column; at < values.length; at += width) values[at] += share * sd * random.normal();
  }
}
