/** HYPERVIEW folders with one thing wrong: a patch, the wavelengths or the ground truth. */
import { formatNpz, type NdArray, type Random } from '../../../sdk/base/index.ts';
import type { MalformedCase } from './case.ts';

const [BANDS, HEIGHT, WIDTH] = [5, 4, 3];
const PATCHES = 4;

export function hyperviewCases(random: Random): MalformedCase[] {
  const bad = random.below(PATCHES);
  const band = 1 + random.below(BANDS - 1);
  const nm = Array.from({ length: BANDS }, (_, b) => 462.08 + 3.2 * b);
  const patch = (): Record<'data' | 'mask', NdArray> => ({
    data: {
      shape: [BANDS, HEIGHT, WIDTH],
      data: Float32Array.from({ length: BANDS * HEIGHT * WIDTH }, () => 300 + 100 * random.uniform()),
    },
    mask: { shape: [BANDS, HEIGHT, WIDTH], data: new Uint8Array(BANDS * HEIGHT * WIDTH) },
  });
  const wavelengths = (values: readonly (number | string)[]) =>
    `band_no,wavelength\n${values.map((value, b) => `${b + 1},${value}\n`).join('')}`;
  const truth = (row: (index: number) => string, header = 'sample_index,P,K,Mg,pH') =>
    `${header}\n${Array.from({ length: PATCHES }, (_, index) => `${row(index)}\n`).join('')}`;
  const goodRow = (index: number) => `${index},${60 + index},220,150,6.${index}`;
  const good: Record<string, string | Uint8Array> = {
    ...Object.fromEntries(Array.from({ length: PATCHES }, (_, index) => [`${index}.npz`, formatNpz(patch())])),
    'wavelengths.csv': wavelengths(nm),
    'train_gt.csv': truth(goodRow),
  };
  const whole = formatNpz(patch());
  const folder = (
    name: string,
    blamed: string,
    content: string | Uint8Array | undefined,
    place: RegExp,
  ): MalformedCase => {
    const { [blamed]: _, ...rest } = good;
    return {
      name: `hyperview ${name}`,
      reader: 'hyperview',
      files: content === undefined ? rest : { ...rest, [blamed]: content },
      blamed,
      place,
    };
  };
  const withPatch = (name: string, content: Record<string, NdArray> | Uint8Array | undefined, place: RegExp) =>
    folder(
      name,
      `${bad}.npz`,
      content === undefined || content instanceof Uint8Array ? content : formatNpz(content),
      place,
    );
  const { data, mask } = patch();
  const masked = { ...mask, data: new Uint8Array(mask.data.length).fill(1) };
  const oneBandMasked = { ...mask, data: new Uint8Array(mask.data.length).fill(1, band * 12, (band + 1) * 12) };
  const withNaN = {
    ...data,
    data: Float32Array.from(data.data as Float32Array).fill(Number.NaN, band * 12, band * 12 + 1),
  };
  const claims = Buffer.from(whole);
  claims.writeUInt32LE(0x7ffffff0, claims.readUInt32LE(claims.length - 6) + 24);
  const csvWith = (name: string, text: string, place: RegExp) => folder(name, 'wavelengths.csv', text, place);
  const truthWith = (name: string, text: string, place: RegExp) => folder(name, 'train_gt.csv', text, place);
  const withRow = (row: string) => truth((index) => (index === bad ? row : goodRow(index)));
  const line = new RegExp(`row ${bad + 2}`);
  return [
    withPatch('truncated zip', whole.subarray(0, random.below(whole.length - 30)), /its directory is missing/),
    withPatch('zip bomb', claims, /zip member data\.npy claims/),
    withPatch('no data', { mask }, /no array "data"/),
    withPatch(
      'two dimensions',
      { data: { shape: [BANDS, HEIGHT * WIDTH], data: data.data }, mask },
      /data has the shape/,
    ),
    withPatch(
      'bands of another camera',
      { data: { shape: [BANDS - 1, HEIGHT, WIDTH], data: new Float32Array((BANDS - 1) * 12) } },
      /4 bands/,
    ),
    withPatch(
      'mask of another size',
      { data, mask: { shape: [WIDTH, HEIGHT], data: new Uint8Array(12) } },
      /mask of shape/,
    ),
    withPatch('mask all true', { data, mask: masked }, /band 0|every pixel/),
    withPatch('mask of one band all true', { data, mask: oneBandMasked }, new RegExp(`band ${band}`)),
    withPatch('NaN', { data: withNaN, mask }, new RegExp(`band ${band}`)),
    withPatch('missing patch', undefined, /in train_gt\.csv but not in the folder/),
    folder('patch without truth', `${PATCHES}.npz`, whole, /has no row in train_gt\.csv/),
    { ...folder('no wavelengths', 'wavelengths.csv', undefined, /has no wavelengths\.csv/) },
    csvWith('duplicate wavelengths', wavelengths(nm.with(band, nm[band - 1])), new RegExp(`row ${band + 2}`)),
    csvWith('NaN wavelength', wavelengths(nm.with(band, Number.NaN)), new RegExp(`row ${band + 2}`)),
    csvWith(
      'wavelength in words',
      wavelengths((nm as (number | string)[]).with(band, 'red')),
      new RegExp(`row ${band + 2}`),
    ),
    csvWith('µm for nm', wavelengths(nm.map((value) => value / 1000)), /row 2/),
    csvWith('no wavelength column', wavelengths(nm).replace('wavelength', 'colour'), /row 1/),
    csvWith('empty wavelengths', '', /row 1/),
    truthWith('no index', truth(goodRow, 'id,P,K,Mg,pH'), /row 1/),
    truthWith('index in words', withRow('first,1,2,3,4'), line),
    truthWith('index twice', `${truth(goodRow)}${goodRow(bad)}\n`, new RegExp(`row ${PATCHES + 2}`)),
    truthWith('row cut off', withRow(`${bad},61`), line),
    truthWith('column twice', truth(goodRow, 'sample_index,P,P,Mg,pH'), /row 1/),
    truthWith('open quote', withRow(`${bad},"61,2,3,4`), line),
  ];
}
