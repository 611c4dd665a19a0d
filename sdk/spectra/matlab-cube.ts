/**
 * A frame out of a MAT-file: the cube [rows, columns, bands] as MATLAB users keep it, its wavelengths and its label map by their
 * shapes and names.
 */
import { NadirError } from '../base/index.ts';
import { type FrameData, type FrameParts, frameValues } from './frame.ts';
import { couldBeLabels, labelsFrom } from './label-map.ts';
import { type MatVariable, parseMat } from './matlab.ts';

const WAVELENGTH_NAMES = /^(wavelengths?|wave_?lengths?_?nm|wl|lambda|bands?_?nm|band_?cent(er|re)s?)$/i;
const FWHM_NAMES = /^fwhm(_?nm)?$/i;

/**
 * The frame in a MAT-file. `variable` names the cube; without it the file must have one array of three dimensions. The bands are
 * the last axis, or the first where only that one is as long as the wavelengths. A 2-D array of the cube's size is taken for
 * labels.
 */
export function parseMatCube(bytes: Uint8Array, where: string, variable?: string): FrameParts {
  const variables = parseMat(bytes, where);
  const cube = cubeIn(variables, where, variable);
  const vectors = variables.filter(({ dimensions }) => dimensions.length === 2 && Math.min(...dimensions) === 1);
  const isBandAxis = (length: number) => (other: MatVariable) => Math.max(...other.dimensions) === length;
  const named = (names: RegExp) => vectors.filter(({ name }) => names.test(name));
  const [first, middle, last] = cube.dimensions;
  const candidates = named(WAVELENGTH_NAMES);
  const bandsFirst = !candidates.some(isBandAxis(last)) && candidates.some(isBandAxis(first));
  const [bands, height, width] = bandsFirst ? [first, middle, last] : [last, first, middle];
  frameValues(bands, height, width, `${where} variable ${cube.name}`);
  const wavelengths = candidates.find(isBandAxis(bands));
  if (candidates.length > 0 && wavelengths === undefined)
    throw new NadirError({
      what: `${Math.max(...candidates[0].dimensions)} wavelengths for ${bands} bands`,
      where: `${where} variable ${candidates[0].name}`,
      remedy: 'Save one wavelength for each band',
    });
  const fwhm = named(FWHM_NAMES).find(isBandAxis(bands));
  const maps = variables.filter(
    ({ dimensions, values }) =>
      dimensions.length === 2 && dimensions[0] === height && dimensions[1] === width && couldBeLabels(values()),
  );
  const notes: string[] = [];
  if (bandsFirst) notes.push(`variable ${cube.name} is read as [bands, rows, columns]`);
  if (maps.length > 1)
    notes.push(`${maps.length} arrays could be label maps (${maps.map(({ name }) => name).join(', ')}): none is taken`);
  const map = maps.length === 1 && height * width > 1 ? maps[0] : undefined;
  if (map !== undefined) notes.push(`labels are variable ${map.name}`);
  const data = bandsFirst
    ? fromColumnMajor(cube.values(), bands, height, width)
    : bandsLast(cube.values(), bands, height, width);
  return {
    bands,
    height,
    width,
    data,
    notes,
    ...(wavelengths && { wavelengthsNm: Float64Array.from(wavelengths.values()) }),
    ...(fwhm && { fwhmNm: Float64Array.from(fwhm.values()) }),
    ...(map && { labels: labelsOf(map, where) }),
  };
}

/** The only 2-D array of a MAT-file as a label map, with its size. */
export function parseMatLabels(
  bytes: Uint8Array,
  where: string,
): { readonly height: number; readonly width: number; readonly labels: Int32Array } {
  const maps = parseMat(bytes, where).filter(
    ({ dimensions }) => dimensions.length === 2 && Math.min(...dimensions) > 1,
  );
  if (maps.length !== 1)
    throw new NadirError({
      what: `${maps.length} two-dimensional arrays where one label map is expected`,
      where: `${where}${maps.length > 0 ? ` variables ${maps.map(({ name }) => name).join(', ')}` : ''}`,
      remedy: 'Save the label map alone: save(file, labels)',
    });
  const [height, width] = maps[0].dimensions;
  frameValues(1, height, width, `${where} variable ${maps[0].name}`);
  return { height, width, labels: labelsOf(maps[0], where) };
}

function cubeIn(variables: readonly MatVariable[], where: string, name: string | undefined): MatVariable {
  const cubes = variables.filter(({ dimensions }) => dimensions.length === 3);
  const listed = variables.map(({ name, dimensions }) => `${name} (${dimensions.join('×')})`).join(', ') || 'none';
  if (name !== undefined) {
    const found = variables.find((variable) => variable.name === name);
    if (found === undefined || found.dimensions.length !== 3)
      throw new NadirError({
        what: found === undefined ? 'no such numeric array' : `an array of ${found.dimensions.join(' × ')} is no cube`,
        where: `${where} variable ${name}`,
        remedy: `Name an array of three dimensions; the file has: ${listed}`,
      });
    return found;
  }
  if (cubes.length === 1) return cubes[0];
  throw new NadirError({
    what: cubes.length === 0 ? 'no array of three dimensions' : `${cubes.length} arrays could be the cube`,
    where: `${where} variables ${listed}`,
    remedy: cubes.length === 0 ? 'Save a cube [rows, columns, bands]' : 'Name one as the variable',
  });
}

function labelsOf(map: MatVariable, where: string): Int32Array {
  const [height, width] = map.dimensions;
  return labelsFrom(fromColumnMajor(map.values(), 1, height, width), `${where} variable ${map.name}`);
}

/** [rows, columns, bands] with rows running fastest → [bands, rows, columns]. */
function bandsLast(values: FrameData, bands: number, height: number, width: number): FrameData {
  const result = values.slice() as FrameData;
  const pixels = height * width;
  for (let band = 0; band < bands; band++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++)
        result[band * pixels + row * width + column] = values[band * pixels + column * height + row];
  return result;
}

/** [bands, rows, columns] with bands running fastest → the same in C order. */
function fromColumnMajor(values: FrameData, bands: number, height: number, width: number): FrameData {
  const result = values.slice() as FrameData;
  let to = 0;
  for (let band = 0; band < bands; band++)
    for (let row = 0; row < height; row++)
      for (let column = 0; column < width; column++) result[to++] = values[(column * height + row) * bands + band];
  return result;
}
