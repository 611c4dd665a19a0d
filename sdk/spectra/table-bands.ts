/** A spectra table on some of its bands: what another instrument has of them, or what a model was trained on. */
import { NadirError } from '../base/index.ts';
import { requireSameBands } from './spectral-frame.ts';
import type { SpectraTable } from './table.ts';
import { SIGMAS } from './view.ts';

/** Distance in nm at which two lists mean the same band: one of them may be rounded. */
const SAME_BAND_NM = 0.05;

/** The bands between two wavelengths in nm, both included. */
export function bandsWithin(table: SpectraTable, [fromNm, toNm]: readonly [number, number]): SpectraTable {
  const kept = [...table.wavelengthsNm.keys()].filter(
    (band) => table.wavelengthsNm[band] >= fromNm && table.wavelengthsNm[band] <= toNm,
  );
  if (kept.length === 0)
    throw new NadirError({
      what: `no band lies within ${fromNm} … ${toNm} nm`,
      where: `${table.name}, ${table.wavelengthsNm[0]} … ${table.wavelengthsNm.at(-1)} nm`,
      remedy: 'Give --within FROM,TO in nm',
      exitCode: 2,
    });
  return kept.length === table.wavelengthsNm.length ? table : chosen(table, kept);
}

/** The table on a model's bands: itself, or those of its bands that the model has. Throws NadirError where one is missing. */
export function onBands(table: SpectraTable, wavelengthsNm: ArrayLike<number>, where = table.name): SpectraTable {
  const { wavelengthsNm: own } = table;
  if (own.length > wavelengthsNm.length) {
    const found = Array.from(wavelengthsNm, (nm) => own.findIndex((at) => Math.abs(at - nm) <= SAME_BAND_NM));
    if (found.every((band) => band >= 0)) return chosen(table, found);
  }
  requireSameBands(own, wavelengthsNm, where, SAME_BAND_NM);
  return table;
}

function chosen(table: SpectraTable, kept: readonly number[]): SpectraTable {
  const { sigma, reflectance, wavelengthsNm, rows } = table;
  const from = wavelengthsNm.length;
  const take = <T extends Float32Array | Float64Array>(source: T, into: T): T => {
    for (let i = 0; i < into.length; i++) into[i] = source[Math.floor(i / kept.length) * from + kept[i % kept.length]];
    return into;
  };
  return {
    ...table,
    wavelengthsNm: Float64Array.from(kept, (band) => wavelengthsNm[band]),
    reflectance: take(reflectance, new Float32Array(rows * kept.length)),
    ...(sigma && { sigma: take(sigma, new Float64Array(rows * SIGMAS * kept.length)) }),
  };
}
