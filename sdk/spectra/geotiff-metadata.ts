/** What GDAL says of a TIFF's bands in its own tag, 42112: XML with one item for each property of a band. */
import type { FrameParts } from './frame.ts';
import { nanometresPer } from './frame-wavelengths.ts';

/** Wavelengths that GDAL writes for each band: `wavelength` with `wavelength_units`, or CENTRAL_WAVELENGTH_UM with FWHM_UM. */
export function gdalWavelengths(
  xml: string,
  bands: number,
  where: string,
): Pick<FrameParts, 'wavelengthsNm' | 'fwhmNm'> & { readonly notes: readonly string[] } {
  const items = (name: string) => {
    const values = new Float64Array(bands).fill(Number.NaN);
    for (const [, attributes, text] of xml.matchAll(/<Item\s([^<>]*)>([^<]*)<\/Item>/g)) {
      const sample = /\bsample="(\d+)"/.exec(attributes);
      if (!sample || !new RegExp(`\\bname="${name}"`, 'i').test(attributes)) continue;
      if (Number(sample[1]) < bands) values[Number(sample[1])] = Number.parseFloat(text);
    }
    return values.every(Number.isFinite) ? values : undefined;
  };
  const named = items('wavelength');
  const micrometres = named === undefined ? items('CENTRAL_WAVELENGTH_UM') : undefined;
  const found = named ?? micrometres;
  if (found === undefined) return { notes: [] };
  const unit = micrometres === undefined ? /name="wavelength_units"[^<>]*>([^<]*)</i.exec(xml)?.[1] : 'um';
  const { factor, note } = nanometresPer(unit, found, `${where} GDAL metadata`);
  const fwhm = items('FWHM_UM');
  return {
    wavelengthsNm: found.map((value) => Number((value * factor).toPrecision(12))),
    ...(fwhm && { fwhmNm: fwhm.map((value) => Number((value * 1000).toPrecision(12))) }),
    notes: note === undefined ? [] : [note],
  };
}
