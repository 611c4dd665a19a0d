/**
 * Synthetic patches in HYPERVIEW format, made of the real spectra in models/soil-spectra, and folders of them. Everything is computed in
 * integers from one hash, so a seed gives the same pixels everywhere.
 */
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { formatNpz } from '../../sdk/base/index.ts';
import { type Patch, parseSpectraTable, resolveDataset } from '../../sdk/spectra/index.ts';

/** Counts of a reflectance of one percent: bright soils stay below 10,000 counts, as the challenge's patches do. */
const COUNTS_A_PERCENT = 100;
const BANDS = 150;

interface Spectra {
  readonly rows: number;
  readonly wavelengthsNm: Float64Array;
  /** Counts, [rows, bands]. */
  readonly counts: Int32Array;
}

let known: Spectra | undefined;

function realSpectra(): Spectra {
  if (known === undefined) {
    const table = parseSpectraTable(readFileSync(resolveDataset('limesoda'), 'utf8'), 'limesoda');
    const counts = Int32Array.from(table.reflectance, (percent) => Math.round(percent * COUNTS_A_PERCENT));
    known = { rows: table.rows, wavelengthsNm: table.wavelengthsNm, counts };
  }
  return known;
}

/** 32 mixed bits of three numbers (the finaliser of MurmurHash3). */
function hash(a: number, b: number, c: number): number {
  let h = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca77) ^ Math.imul(c, 0xc2b2ae3d);
  h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
  h = Math.imul(h ^ (h >>> 13), 0xc2b2ae35);
  return (h ^ (h >>> 16)) >>> 0;
}

/** Height and width of patch `index`: a third small (11 to 15 px, as in the challenge), the others up to 180 px, some far from square. */
export function patchSize(index: number): readonly [number, number] {
  const draw = (use: number, n: number) => hash(index, use, 7) % n;
  if (index === 0) return [11, 11];
  if (index === 1) return [180, 180];
  if (index === 2) return [180, 31];
  if (index === 3) return [12, 97];
  if (draw(1, 3) === 0) return [11 + draw(2, 5), 11 + draw(3, 5)];
  // the product of two draws: most are near 40 px
  const edge = 14 + Math.floor((draw(4, 1000) * draw(5, 1000) * 110) / 1e6);
  return [edge, Math.max(11, edge + draw(6, 21) - 10)];
}

/** Patch `index` of a seed: two real soils mixed over the field with shade and noise, a field's outline as mask, some dead pixels in some bands. */
export function syntheticPatch(
  seed: number,
  index: number,
  size = patchSize(index),
): Patch & { mask: Uint8Array; data: Uint16Array } {
  const { rows, counts } = realSpectra();
  const [height, width] = size;
  const draw = (use: number, n: number) => hash(seed * 1_000_003 + index, use, 1) % n;
  const [first, second] = [draw(1, rows), draw(2, rows)];
  const pixels = height * width;
  const share = new Int32Array(pixels);
  const shade = new Int32Array(pixels);
  const outside = new Uint8Array(pixels);
  const masked = draw(3, 4) > 0;
  const [slopeX, slopeY] = [1 + draw(4, 9), 1 + draw(5, 9)];
  for (let y = 0; y < height; y++)
    for (let x = 0; x < width; x++) {
      const p = y * width + x;
      // waves of the field in 1/1024, a slope of light in 1/4096
      share[p] = (wave(x * slopeX * 13 + y * 7) + wave(y * slopeY * 11)) >> 1;
      shade[p] = 4096 + ((wave(x * 5 + y * slopeX * 3) - 512) >> 2) + (hash(seed + index, p, 2) % 129) - 64;
      const [dy, dx] = [2 * y + 1 - height, 2 * x + 1 - width];
      outside[p] =
        masked && dy * dy * width * width + dx * dx * height * height > height * height * width * width ? 1 : 0;
    }
  const data = new Uint16Array(BANDS * pixels);
  const mask = new Uint8Array(BANDS * pixels);
  const deadBand = draw(6, 3) === 0 ? draw(7, BANDS) : -1;
  for (let band = 0; band < BANDS; band++) {
    const [a, b] = [counts[first * BANDS + band], counts[second * BANDS + band]];
    for (let p = 0; p < pixels; p++) {
      const soil = a * 1024 + (b - a) * share[p];
      const noise = (hash(index * 151 + band, p, seed + 3) % 61) - 30;
      data[band * pixels + p] = Math.max(0, Math.floor((soil * shade[p]) / 2 ** 22) + noise);
    }
    mask.set(outside, band * pixels);
    if (band === deadBand) for (let p = 0; p < pixels; p += 17) mask[band * pixels + p] = 1;
  }
  return { bands: BANDS, height, width, data, mask };
}

/** Triangular wave of period 2048 between 0 and 1024. */
function wave(phase: number): number {
  return 1024 - Math.abs((phase % 2048) - 1024);
}

/** Bytes of a patch's file. */
export function patchFile({ bands, height, width, data, mask }: Patch): Buffer {
  const shape = [bands, height, width];
  return formatNpz({ data: { shape, data }, ...(mask && { mask: { shape, data: mask } }) });
}

/** Text of wavelengths.csv. */
export function wavelengthsCsv(wavelengthsNm: ArrayLike<number> = realSpectra().wavelengthsNm): string {
  return `band_no,wavelength\n${Array.from(wavelengthsNm, (nm, band) => `${band + 1},${nm}\n`).join('')}`;
}

/** Writes a HYPERVIEW folder of patches 0 … n−1 with a train_gt.csv whose targets are made up, and gives back its path. */
export function writeHyperviewFolder(folder: string, n: number, patchOf: (index: number) => Patch): string {
  mkdirSync(folder, { recursive: true });
  for (let index = 0; index < n; index++) writeFileSync(join(folder, `${index}.npz`), patchFile(patchOf(index)));
  writeFileSync(join(folder, 'wavelengths.csv'), wavelengthsCsv());
  const truth = Array.from(
    { length: n },
    (_, index) => `${index},${20 + index},${200 + index},${150 + index},6.${index % 10}\n`,
  );
  writeFileSync(join(folder, 'train_gt.csv'), `sample_index,P,K,Mg,pH\n${truth.join('')}`);
  return folder;
}
