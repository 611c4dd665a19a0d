/** Arrays of one file by name, taken out only with the shape that they must have and with every value finite. */
import { NadirError, type NdArray, toFloat32 } from '../../base/index.ts';

/** Largest file of weights that is read. */
export const MAX_WEIGHT_BYTES = 2 * 2 ** 30;
/** Longest embedding and widest dictionary that are read. */
const MAX_D = 65536;
const MAX_N = 2 ** 22;

export class TensorTable {
  readonly #tensors: ReadonlyMap<string, NdArray>;
  readonly #where: string;
  readonly #remedy: string;

  /** `where` names the file in errors, `remedy` says how it is written right. */
  constructor(tensors: ReadonlyMap<string, NdArray>, where: string, remedy: string) {
    this.#tensors = tensors;
    this.#where = where;
    this.#remedy = remedy;
  }

  get names(): string[] {
    return [...this.#tensors.keys()];
  }

  has(name: string): boolean {
    return this.#tensors.has(name);
  }

  /** Shape of a tensor that must be there, with so many axes where they are given. */
  shape(name: string, axes?: number): readonly number[] {
    const tensor = this.#tensors.get(name);
    if (!tensor) {
      const held = this.names.slice(0, 8).join(', ') || 'nothing';
      throw this.fail(`tensor ${name} is missing; the file holds ${held}`);
    }
    if (axes !== undefined && tensor.shape.length !== axes)
      throw this.fail(`tensor ${name} [${tensor.shape}] has ${tensor.shape.length} axes where ${axes} belong`);
    return tensor.shape;
  }

  /** Latents and length of an embedding, from the two biases, each within bounds. */
  sizes(latentBias: string, embeddingBias: string): { readonly n: number; readonly d: number } {
    const [n] = this.shape(latentBias, 1);
    const [d] = this.shape(embeddingBias, 1);
    if (n < 1 || n > MAX_N) throw this.fail(`tensor ${latentBias} says ${n} latents; 1 to ${MAX_N} are read`);
    if (d < 1 || d > MAX_D) throw this.fail(`tensor ${embeddingBias} says embeddings of ${d}; 1 to ${MAX_D} are read`);
    return { n, d };
  }

  /** Values of a tensor of exactly this shape as float32. */
  floats(name: string, ...shape: number[]): Float32Array {
    const found = this.shape(name, shape.length);
    if (found.some((length, axis) => length !== shape[axis]))
      throw this.fail(`tensor ${name} is [${found}] where [${shape}] belongs`);
    const values = toFloat32(this.#tensors.get(name) as NdArray);
    const bad = values.findIndex((value) => !Number.isFinite(value));
    if (bad >= 0) throw this.fail(`tensor ${name} holds ${values[bad]} at [${indexOf(bad, shape)}]`);
    return values;
  }

  /** The one value of a tensor, whatever its axes. */
  scalar(name: string): number {
    const tensor = this.#tensors.get(name);
    const value = tensor?.data.length === 1 ? Number(tensor.data[0]) : Number.NaN;
    if (!Number.isFinite(value)) throw this.fail(`tensor ${name} is not one finite number`);
    return value;
  }

  /** Refuses every tensor besides those named. */
  refuseOthers(known: readonly string[], meaning: (name: string) => string): void {
    const other = this.names.find((name) => !known.includes(name));
    if (other !== undefined) throw this.fail(meaning(other));
  }

  fail(what: string): NadirError {
    return new NadirError({ what, where: this.#where, remedy: this.#remedy });
  }
}

function indexOf(position: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  for (let axis = shape.length - 1, rest = position; axis >= 0; axis--) {
    index.unshift(rest % shape[axis]);
    rest = Math.floor(rest / shape[axis]);
  }
  return index;
}
