/** The library of terms that a symbolic formula is made of: a few features, their squares and logarithms, products and ratios of two. */

/** A term over features x_a, x_b. */
export interface TermShape {
  readonly kind: 'itself' | 'square' | 'logarithm' | 'product' | 'ratio';
  readonly a: number;
  /** The same as `a` where the term has one feature. */
  readonly b: number;
}

/** A denominator must stay this far from zero, as a share of its mean size on the training rows. */
const LEAST_DENOMINATOR = 0.05;

/**
 * Terms that are defined on every training row.
 * @param x training values [n, features]
 */
export function termLibrary(x: Float32Array, features: number): TermShape[] {
  const n = x.length / features;
  const terms: TermShape[] = [];
  const least = new Float64Array(features).fill(Number.POSITIVE_INFINITY);
  const leastSize = new Float64Array(features).fill(Number.POSITIVE_INFINITY);
  const size = new Float64Array(features);
  for (let row = 0; row < n; row++)
    for (let f = 0; f < features; f++) {
      const value = x[row * features + f];
      least[f] = Math.min(least[f], value);
      leastSize[f] = Math.min(leastSize[f], Math.abs(value));
      size[f] += Math.abs(value) / n;
    }
  const divides = (f: number) => leastSize[f] > LEAST_DENOMINATOR * size[f];
  for (let a = 0; a < features; a++) {
    terms.push({ kind: 'itself', a, b: a }, { kind: 'square', a, b: a });
    if (least[a] > 0 && divides(a)) terms.push({ kind: 'logarithm', a, b: a });
    for (let b = 0; b < features; b++) {
      if (a < b) terms.push({ kind: 'product', a, b });
      if (a !== b && divides(b)) terms.push({ kind: 'ratio', a, b });
    }
  }
  return terms;
}

/** Values of a term on rows [n, features]. */
export function termValues({ kind, a, b }: TermShape, x: Float32Array, features: number): Float64Array {
  const n = x.length / features;
  const values = new Float64Array(n);
  for (let row = 0; row < n; row++) {
    const u = x[row * features + a];
    const v = x[row * features + b];
    switch (kind) {
      case 'itself':
        values[row] = u;
        break;
      case 'logarithm':
        values[row] = Math.log(Math.max(u, Number.MIN_VALUE));
        break;
      case 'ratio':
        values[row] = v === 0 ? 0 : u / v;
        break;
      default:
        values[row] = u * v;
    }
  }
  return values;
}

/** A term in words. */
export function termText({ kind, a, b }: TermShape, names: readonly string[]): string {
  const [u, v] = [`[${names[a]}]`, `[${names[b]}]`];
  switch (kind) {
    case 'itself':
      return u;
    case 'square':
      return `${u}²`;
    case 'logarithm':
      return `ln ${u}`;
    case 'product':
      return `${u}·${v}`;
    case 'ratio':
      return `${u}/${v}`;
  }
}
