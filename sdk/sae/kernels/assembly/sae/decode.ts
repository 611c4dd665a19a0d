// Estimates of the levels, each from the one before it, and the gradients of their errors.
import { dot, fetch, SEGMENT, sumOfLanes } from './vector';

/** Per row: 1 over mean x² of x [rows, width], 0 for a row of zeros; 1 for all unless `relative`. */
export function inversePowers(x: usize, rows: u32, d: u32, width: u32, relative: u32, inverse: usize): void {
  for (let row: u32 = 0; row < rows; row++) {
    const power = relative ? dot(x, x, width) / <f32>d : <f32>1;
    store<f32>(inverse, power > 0 ? <f32>1 / power : 0);
    x += (<usize>width) << 2;
    inverse += 4;
  }
}

/**
 * Rows first … last − 1: what each level's latents make of a centred row, less the row, and at the end the suffix sums over levels of the
 * residuals' gradients. `targets` are the centred rows and `atoms` the dictionary's, both by segments; `gradients` [width/32, rows, levels,
 * 32]. `weights` [levels] are α/Σα · 2/(d · rows of the batch), `inverse` [rows] what a row's errors are multiplied by. `squares` [rows,
 * levels, 4] gets four sums of squares of each residual.
 */
export function decode(
  targets: usize,
  inverse: usize,
  first: u32,
  last: u32,
  rows: u32,
  width: u32,
  atoms: usize,
  n: u32,
  levelCount: u32,
  weights: usize,
  latents: usize,
  values: usize,
  ends: usize,
  slots: u32,
  gradients: usize,
  squares: usize,
): void {
  const step = <usize>levelCount * SEGMENT;
  memory.fill(squares + <usize>(first * levelCount) * 16, 0, <usize>((last - first) * levelCount) * 16);
  for (let segment: u32 = 0; segment < width >> 5; segment++) {
    fetch(atoms, <usize>n * SEGMENT);
    for (let row = first; row < last; row++) {
      const x = targets + <usize>row * SEGMENT;
      const power = load<f32>(inverse + ((<usize>row) << 2));
      const end = ends + ((<usize>(row * levelCount)) << 2);
      const square = squares + <usize>(row * levelCount) * 16;
      let gradient = gradients + <usize>row * step;
      let latent = latents + ((<usize>(row * slots)) << 2);
      let value = values + ((<usize>(row * slots)) << 2);
      let a0 = f32x4.neg(v128.load(x));
      let a1 = f32x4.neg(v128.load(x, 16));
      let a2 = f32x4.neg(v128.load(x, 32));
      let a3 = f32x4.neg(v128.load(x, 48));
      let a4 = f32x4.neg(v128.load(x, 64));
      let a5 = f32x4.neg(v128.load(x, 80));
      let a6 = f32x4.neg(v128.load(x, 96));
      let a7 = f32x4.neg(v128.load(x, 112));
      for (let level: usize = 0; level < <usize>levelCount; level++) {
        const stop = latents + ((<usize>(row * slots + load<u32>(end + (level << 2)))) << 2);
        for (; latent < stop; latent += 4, value += 4) {
          const atom = atoms + <usize>load<u32>(latent) * SEGMENT;
          const z = v128.load32_splat(value);
          a0 = f32x4.add(a0, f32x4.mul(z, v128.load(atom)));
          a1 = f32x4.add(a1, f32x4.mul(z, v128.load(atom, 16)));
          a2 = f32x4.add(a2, f32x4.mul(z, v128.load(atom, 32)));
          a3 = f32x4.add(a3, f32x4.mul(z, v128.load(atom, 48)));
          a4 = f32x4.add(a4, f32x4.mul(z, v128.load(atom, 64)));
          a5 = f32x4.add(a5, f32x4.mul(z, v128.load(atom, 80)));
          a6 = f32x4.add(a6, f32x4.mul(z, v128.load(atom, 96)));
          a7 = f32x4.add(a7, f32x4.mul(z, v128.load(atom, 112)));
        }
        const near = f32x4.add(
          f32x4.add(f32x4.mul(a0, a0), f32x4.mul(a1, a1)),
          f32x4.add(f32x4.mul(a2, a2), f32x4.mul(a3, a3)),
        );
        const far = f32x4.add(
          f32x4.add(f32x4.mul(a4, a4), f32x4.mul(a5, a5)),
          f32x4.add(f32x4.mul(a6, a6), f32x4.mul(a7, a7)),
        );
        const sum = square + (level << 4);
        v128.store(sum, f32x4.add(v128.load(sum), f32x4.add(near, far)));
        const factor = f32x4.splat(load<f32>(weights + (level << 2)) * power);
        v128.store(gradient, f32x4.mul(a0, factor));
        v128.store(gradient, f32x4.mul(a1, factor), 16);
        v128.store(gradient, f32x4.mul(a2, factor), 32);
        v128.store(gradient, f32x4.mul(a3, factor), 48);
        v128.store(gradient, f32x4.mul(a4, factor), 64);
        v128.store(gradient, f32x4.mul(a5, factor), 80);
        v128.store(gradient, f32x4.mul(a6, factor), 96);
        v128.store(gradient, f32x4.mul(a7, factor), 112);
        gradient += SEGMENT;
      }
      for (let level: i32 = <i32>levelCount - 2; level >= 0; level--) {
        const sum = gradients + <usize>row * step + <usize>level * SEGMENT;
        for (let at: usize = 0; at < SEGMENT; at += 16)
          v128.store(sum + at, f32x4.add(v128.load(sum + at), v128.load(sum + at, SEGMENT)));
      }
    }
    targets += <usize>rows * SEGMENT;
    atoms += <usize>n * SEGMENT;
    gradients += <usize>rows * step;
  }
}

/** Adds each level's error, the mean squared residual times `inverse`, summed over rows first … last − 1, to `errors` [levels], float64. */
export function levelErrors(
  squares: usize,
  inverse: usize,
  first: u32,
  last: u32,
  levelCount: u32,
  d: u32,
  errors: usize,
): void {
  for (let row = first; row < last; row++) {
    const power = load<f32>(inverse + ((<usize>row) << 2));
    for (let level: u32 = 0; level < levelCount; level++) {
      const sum = sumOfLanes(v128.load(squares + <usize>(row * levelCount + level) * 16));
      const total = errors + ((<usize>level) << 3);
      store<f64>(total, load<f64>(total) + <f64>((sum * power) / <f32>d));
    }
  }
}
