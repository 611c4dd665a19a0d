/** `neighbours.npz`: x [n, features] float32, y [n, targets], centre and scale [features], k [1], all but x float64. */
import { formatNpz, NadirError, type NdArray, parseNpz } from '../base/index.ts';
import type { Neighbours } from './neighbours.ts';

const MAX_ROWS = 2 ** 21;

/** Bytes of the file; the same model gives the same bytes. */
export function neighboursToNpz(model: Neighbours): Buffer {
  const { features, targets, x, y, centre, scale, k } = model;
  const n = y.length / targets;
  return formatNpz({
    x: { shape: [n, features], data: x },
    y: { shape: [n, targets], data: y },
    centre: { shape: [features], data: centre },
    scale: { shape: [features], data: scale },
    k: { shape: [1], data: Float64Array.of(k) },
  });
}

/** Reads the file and checks that its arrays are of one model. `where` names the bytes in errors. */
export function neighboursFromNpz(bytes: Uint8Array, where: string): Neighbours {
  const arrays = parseNpz(bytes, where);
  const fail = (what: string) => new NadirError({ what, where, remedy: 'Train the model again' });
  const array = (name: string): NdArray => {
    const found = arrays.get(name);
    if (found === undefined) throw fail(`not a model of neighbours: it has no array ${name}`);
    return found;
  };
  const float64 = (name: string, shape: readonly number[]) => {
    const { data, shape: found } = array(name);
    if (!(data instanceof Float64Array) || found.join() !== shape.join())
      throw fail(`array ${name} is not float64 [${shape}]`);
    if (!data.every(Number.isFinite)) throw fail(`array ${name} has a number that is not finite`);
    return data;
  };
  const x = array('x');
  if (!(x.data instanceof Float32Array) || x.shape.length !== 2) throw fail('array x is not float32 [n, features]');
  const [n, features] = x.shape;
  const targets = array('y').shape[1];
  if (n > MAX_ROWS || !(targets >= 1)) throw fail(`${n} rows of ${targets} targets make no model`);
  if (!x.data.every(Number.isFinite)) throw fail('array x has a number that is not finite');
  const scale = float64('scale', [features]);
  if (scale.some((value) => !(value > 0))) throw fail('a scale is not above 0');
  const [k] = float64('k', [1]);
  if (!Number.isInteger(k) || k < Math.min(1, n) || k > n) throw fail(`${k} of ${n} rows cannot be asked`);
  return {
    features,
    targets,
    x: x.data,
    y: float64('y', [n, targets]),
    centre: float64('centre', [features]),
    scale,
    k,
  };
}
