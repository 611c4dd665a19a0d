/** ENVI headers and data that do not belong together, or say what cannot be. */
import type { Random } from '../../../sdk/base/index.ts';
import type { MalformedCase } from './case.ts';

const [BANDS, LINES, SAMPLES] = [4, 3, 5];

export function enviCases(random: Random): MalformedCase[] {
  const nm = Array.from({ length: BANDS }, (_, b) => 500 + 12 * b);
  const data = Uint8Array.from({ length: BANDS * LINES * SAMPLES * 2 }, () => random.below(200));
  const fields = {
    samples: String(SAMPLES),
    lines: String(LINES),
    bands: String(BANDS),
    'header offset': '0',
    'data type': '12',
    interleave: random.below(2) === 0 ? 'bil' : 'bip',
    'byte order': String(random.below(2)),
    'wavelength units': 'Nanometers',
    wavelength: `{${nm.join(', ')}}`,
  };
  const text = (changes: Record<string, string>) =>
    `ENVI\n${Object.entries({ ...fields, ...changes })
      .map(([key, value]) => `${key} = ${value}\n`)
      .join('')}`;
  const field = (name: string) => new RegExp(`cube\\.hdr line \\d+ field "${name}"`);
  /** A header with changed fields over good data. */
  const header = (name: string, changes: Record<string, string>, place: RegExp): MalformedCase => ({
    name: `envi ${name}`,
    reader: 'frame',
    files: { 'cube.hdr': text(changes), 'cube.dat': data },
    place,
  });
  const sized = (name: string, changes: Record<string, string>, bytes: Uint8Array): MalformedCase => ({
    ...header(name, changes, /the data file has \d+ bytes where .*described by .*cube\.hdr/),
    files: { 'cube.hdr': text(changes), 'cube.dat': bytes },
    blamed: 'cube.dat',
  });
  return [
    sized('data cut off', {}, data.subarray(0, random.below(data.length))),
    sized('data too long', {}, new Uint8Array(data.length + 1 + random.below(9))),
    sized('a line too many', { lines: String(LINES + 1) }, data),
    sized('a type too wide', { 'data type': '4' }, data),
    sized('an offset too many', { 'header offset': '16' }, data),
    header('complex', { 'data type': random.below(2) === 0 ? '6' : '9' }, field('data type')),
    header('unknown type', { 'data type': '7' }, field('data type')),
    header('type in words', { 'data type': 'uint16' }, field('data type')),
    header('unknown interleave', { interleave: 'tiled' }, field('interleave')),
    header('unknown byte order', { 'byte order': '2' }, field('byte order')),
    header('negative offset', { 'header offset': '-8' }, field('header offset')),
    header('bomb of a size', { lines: '4000000000', samples: '4000000000' }, field('samples')),
    header('no bands', { bands: '0' }, field('samples')),
    header('half a band', { bands: '3.5' }, field('samples')),
    header('bands in words', { bands: 'four' }, field('bands')),
    header('a wavelength too few', { wavelength: `{${nm.slice(1).join(', ')}}` }, field('wavelength')),
    header(
      'a wavelength in words',
      { wavelength: `{${nm.with(random.below(4), Number.NaN).join(', ')}}` },
      field('wavelength'),
    ),
    header('duplicate wavelengths', { wavelength: `{${nm.with(3, nm[1]).join(', ')}}` }, /wavelength of band 4/),
    header('µm called nm', { wavelength: `{${nm.map((value) => value / 1000).join(', ')}}` }, /wavelength of band 1/),
    header(
      'µm and nm',
      { wavelength: `{0.5, ${nm.slice(1).join(', ')}}`, 'wavelength units': 'Unknown' },
      field('wavelength'),
    ),
    header('nm called µm', { 'wavelength units': 'Micrometers' }, /wavelength of band 1/),
    header('wavenumbers', { 'wavelength units': 'Wavenumber' }, field('wavelength')),
    header('negative widths', { fwhm: '{5, 5, -5, 5}' }, /fwhm/),
    header('every band bad', { bbl: '{0, 0, 0, 0}' }, /bands/),
    header('a scale of zero', { 'reflectance scale factor': '0' }, /scale/),
    header('ignore value in words', { 'data ignore value': 'none' }, field('data ignore value')),
    header('open braces', { wavelength: '{500, 512,' }, /cube\.hdr line 10/),
    header('a line that is no field', { 'byte order': '0\nthis is not a field' }, /cube\.hdr line 9/),
    { ...header('no header', {}, /line 1/), files: { 'cube.hdr': 'samples = 5\n', 'cube.dat': data } },
    { ...header('no data file', {}, /looked for cube with the endings/), files: { 'cube.hdr': text({}) } },
    { ...header('data without header', {}, /cube\.hdr beside/), files: { 'cube.dat': data } },
  ];
}
