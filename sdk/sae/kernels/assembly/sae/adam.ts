// The step of the weights: Adam, with W_dec's rows kept at norm 1. Weights and moments are rows, gradients lie by segments, [width/32, n, 32].
import { products, SEGMENT, sumsOfFour } from './vector';

/**
 * Squared norm of the gradients gDec, gEnc of `count` latents, from the first of which on they are given, and gLat [count]; of gDec only the
 * part across the dictionary's `atoms`, by segments too. `sums` [count, 4] gets of each latent ‖w‖², g·w and ‖g‖² of W_dec, and ‖g‖² of W_enc.
 */
export function squaredNorm(
  count: u32,
  n: u32,
  width: u32,
  atoms: usize,
  gDec: usize,
  gEnc: usize,
  gLat: usize,
  sums: usize,
): f64 {
  memory.fill(sums, 0, (<usize>count) << 4);
  for (let segment: u32 = 0; segment < width >> 5; segment++) {
    for (let latent: u32 = 0; latent < count; latent++) {
      const at = <usize>latent * SEGMENT;
      const w = atoms + at;
      const g = gDec + at;
      const e = gEnc + at;
      const sum = sums + ((<usize>latent) << 4);
      const found = sumsOfFour(products(w, w), products(g, w), products(g, g), products(e, e));
      v128.store(sum, f32x4.add(v128.load(sum), found));
    }
    atoms += <usize>n * SEGMENT;
    gDec += <usize>n * SEGMENT;
    gEnc += <usize>n * SEGMENT;
  }
  let squares: f64 = 0;
  for (let latent: u32 = 0; latent < count; latent++) {
    const sum = sums + ((<usize>latent) << 4);
    const atom = <f64>load<f32>(sum);
    const along = <f64>load<f32>(sum, 4);
    const across = <f64>load<f32>(sum, 8) - (atom > 0 ? (along * along) / atom : 0);
    const bias = <f64>load<f32>(gLat + ((<usize>latent) << 2));
    squares += Math.max(0, across) + <f64>load<f32>(sum, 12) + bias * bias;
  }
  return squares;
}

/**
 * Per row of w, m, v [count, width] with its gradient g: w to norm 1, g less its part along w, then Adam's step. `sums` [count, 4] are
 * `squaredNorm`'s; `norms` [count] gets w's norm before (1 for a row of zeros).
 */
export function stepAtoms(
  count: u32,
  n: u32,
  width: u32,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  sums: usize,
  norms: usize,
  rate: f32,
  correction: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  clip: f32,
): void {
  const bytes = (<usize>width) << 2;
  const stride = <usize>n * SEGMENT;
  for (let row: u32 = 0; row < count; row++) {
    const square = load<f32>(sums);
    const norm: f32 = square > 0 ? f32(Math.sqrt(<f64>square)) : 1;
    const down = <f32>1 / norm;
    store<f32>(norms, norm);
    // g·ŵ of ŵ = w·down
    const along = load<f32>(sums, 4) * down;
    step(w, g, stride, m, v, width, down, along, rate, correction, beta1, beta2, epsilon, clip);
    w += bytes;
    g += SEGMENT;
    m += bytes;
    v += bytes;
    norms += 4;
    sums += 16;
  }
}

/** Per row of w, m, v [count, width] with its gradient g: w times its `norms` [count], then Adam's step. */
export function stepRows(
  count: u32,
  n: u32,
  width: u32,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  norms: usize,
  rate: f32,
  correction: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  clip: f32,
): void {
  const bytes = (<usize>width) << 2;
  const stride = <usize>n * SEGMENT;
  for (let row: u32 = 0; row < count; row++) {
    step(w, g, stride, m, v, width, load<f32>(norms), 0, rate, correction, beta1, beta2, epsilon, clip);
    w += bytes;
    g += SEGMENT;
    m += bytes;
    v += bytes;
    norms += 4;
  }
}

/** Adam's step of `count` single values. */
export function stepValues(
  count: u32,
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  rate: f32,
  correction: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  clip: f32,
): void {
  for (const end = w + ((<usize>count) << 2); w < end; w += 4, g += 4, m += 4, v += 4) {
    const gradient = load<f32>(g) * clip;
    let first = beta1 * load<f32>(m) + (<f32>1 - beta1) * gradient;
    let second = beta2 * load<f32>(v) + (<f32>1 - beta2) * (gradient * gradient);
    if (!(Mathf.abs(first) >= 1e-30)) first = 0;
    if (!(second >= 1e-30)) second = 0;
    store<f32>(m, first);
    store<f32>(v, second);
    store<f32>(w, load<f32>(w) - (rate * first) / (Mathf.sqrt(second * correction) + epsilon));
  }
}

/** One row. Moments below 1e-30 become 0: far below ε they change nothing, and subnormal numbers are slow. */
function step(
  w: usize,
  g: usize,
  stride: usize,
  m: usize,
  v: usize,
  width: u32,
  scale: f32,
  along: f32,
  rate: f32,
  correction: f32,
  beta1: f32,
  beta2: f32,
  epsilon: f32,
  clip: f32,
): void {
  const b1 = f32x4.splat(beta1);
  const b2 = f32x4.splat(beta2);
  const a1 = f32x4.splat(<f32>1 - beta1);
  const a2 = f32x4.splat(<f32>1 - beta2);
  const size = f32x4.splat(rate);
  const c2 = f32x4.splat(correction);
  const eps = f32x4.splat(epsilon);
  const clipped = f32x4.splat(clip);
  const tiny = f32x4.splat(1e-30);
  const scales = f32x4.splat(scale);
  const part = f32x4.splat(along);
  const bytes = (<usize>width) << 2;
  for (let segment: usize = 0; segment < bytes; segment += SEGMENT, g += stride) {
    for (let within: usize = 0; within < SEGMENT; within += 16) {
      const at = segment + within;
      const weight = f32x4.mul(v128.load(w + at), scales);
      const gradient = f32x4.mul(f32x4.sub(v128.load(g + within), f32x4.mul(part, weight)), clipped);
      let first = f32x4.add(f32x4.mul(b1, v128.load(m + at)), f32x4.mul(a1, gradient));
      let second = f32x4.add(f32x4.mul(b2, v128.load(v + at)), f32x4.mul(a2, f32x4.mul(gradient, gradient)));
      first = v128.and(first, f32x4.ge(f32x4.abs(first), tiny));
      second = v128.and(second, f32x4.ge(second, tiny));
      v128.store(m + at, first);
      v128.store(v + at, second);
      const root = f32x4.add(f32x4.sqrt(f32x4.mul(second, c2)), eps);
      v128.store(w + at, f32x4.sub(weight, f32x4.div(f32x4.mul(size, first), root)));
    }
  }
}
