// The gradients of the weights, latent by latent: only rows where a latent is active give it any.
import { axpy, fetch, SEGMENT, sumsOfFour } from './vector';

/**
 * Lists the active (row, slot) pairs of latents first … last − 1 by latent, rows rising (counting sort): `starts` [last − first + 1], and per
 * pair `residuals` (row · levels + level), `rowsOf` and `activations`.
 */
export function byLatent(
  latents: usize,
  values: usize,
  ends: usize,
  rows: u32,
  levelCount: u32,
  slots: u32,
  first: u32,
  last: u32,
  starts: usize,
  residuals: usize,
  rowsOf: usize,
  activations: usize,
): void {
  const count = last - first;
  memory.fill(starts, 0, (<usize>(count + 1)) << 2);
  // starts[latent + 1] counts; then the places fill up, and at the end starts[latent + 1] is where the next latent's begin
  for (let row: u32 = 0; row < rows; row++) {
    const kept = load<u32>(ends + ((<usize>((row + 1) * levelCount - 1)) << 2));
    let at = latents + ((<usize>(row * slots)) << 2);
    for (const end = at + ((<usize>kept) << 2); at < end; at += 4) {
      const latent = load<u32>(at) - first;
      if (latent >= count) continue;
      const place = starts + ((<usize>latent) << 2);
      store<u32>(place, load<u32>(place, 4) + 1, 4);
    }
  }
  let before: u32 = 0;
  for (let latent: u32 = 0; latent < count; latent++) {
    const at = starts + ((<usize>latent) << 2);
    const own = load<u32>(at, 4);
    store<u32>(at, before, 4);
    before += own;
  }
  for (let row: u32 = 0; row < rows; row++) {
    let slot: u32 = 0;
    for (let level: u32 = 0; level < levelCount; level++) {
      const end = load<u32>(ends + ((<usize>(row * levelCount + level)) << 2));
      for (; slot < end; slot++) {
        const at = (<usize>(row * slots + slot)) << 2;
        const latent = load<u32>(latents + at) - first;
        if (latent >= count) continue;
        const next = starts + ((<usize>latent) << 2);
        const place = load<u32>(next, 4);
        store<u32>(next, place + 1, 4);
        const pair = (<usize>place) << 2;
        store<u32>(residuals + pair, row * levelCount + level);
        store<u32>(rowsOf + pair, row);
        store<f32>(activations + pair, load<f32>(values + at));
      }
    }
  }
}

/**
 * Per pair the loss's derivative by its activation: the latent's atom · the row's residual gradient, + `penalty`. Adds each latent's sum to
 * gLat [count]. `atoms` are the dictionary's `n` by segments, from the first of `count` on. `derivatives` has room for 3 more. And, while these
 * gradients are at hand, the latents' sums of them times `activations`: as `sumRows`, to gDec.
 */
export function derive(
  count: u32,
  n: u32,
  width: u32,
  atoms: usize,
  gradients: usize,
  gradientCount: u32,
  starts: usize,
  residuals: usize,
  penalty: f32,
  derivatives: usize,
  gLat: usize,
  activations: usize,
  gDec: usize,
  adds: u32,
): void {
  const bytes = (<usize>width) << 2;
  const pairs = load<u32>(starts + ((<usize>count) << 2));
  for (let pair: u32 = 0; pair < pairs; pair++) store<f32>(derivatives + ((<usize>pair) << 2), penalty);
  for (let segment: usize = 0; segment < bytes; segment += SEGMENT) {
    let atom = atoms;
    let sum = gDec;
    fetch(gradients, <usize>gradientCount * SEGMENT);
    for (let latent: u32 = 0; latent < count; latent++, atom += SEGMENT, sum += SEGMENT) {
      const from = (<usize>load<u32>(starts + ((<usize>latent) << 2))) << 2;
      const end = (<usize>load<u32>(starts + ((<usize>latent) << 2), 4)) << 2;
      let at = from;
      const a0 = v128.load(atom);
      const a1 = v128.load(atom, 16);
      const a2 = v128.load(atom, 32);
      const a3 = v128.load(atom, 48);
      const a4 = v128.load(atom, 64);
      const a5 = v128.load(atom, 80);
      const a6 = v128.load(atom, 96);
      const a7 = v128.load(atom, 112);
      for (; at + 16 <= end; at += 16) {
        const r0 = gradients + <usize>load<u32>(residuals + at) * SEGMENT;
        const r1 = gradients + <usize>load<u32>(residuals + at, 4) * SEGMENT;
        const r2 = gradients + <usize>load<u32>(residuals + at, 8) * SEGMENT;
        const r3 = gradients + <usize>load<u32>(residuals + at, 12) * SEGMENT;
        const s0 = along(a0, a1, a2, a3, a4, a5, a6, a7, r0);
        const s1 = along(a0, a1, a2, a3, a4, a5, a6, a7, r1);
        const s2 = along(a0, a1, a2, a3, a4, a5, a6, a7, r2);
        const s3 = along(a0, a1, a2, a3, a4, a5, a6, a7, r3);
        const place = derivatives + at;
        v128.store(place, f32x4.add(v128.load(place), sumsOfFour(s0, s1, s2, s3)));
      }
      for (; at < end; at += 4) {
        const one = along(a0, a1, a2, a3, a4, a5, a6, a7, gradients + <usize>load<u32>(residuals + at) * SEGMENT);
        const place = derivatives + at;
        store<f32>(place, load<f32>(place) + f32x4.extract_lane(sumsOfFour(one, one, one, one), 0));
      }
      sumSegment(from, end, gradients, residuals, activations, sum, adds);
    }
    gradients += <usize>gradientCount * SEGMENT;
    atoms += <usize>n * SEGMENT;
    gDec += <usize>n * SEGMENT;
  }
  for (let latent: u32 = 0; latent < count; latent++) {
    const sum = gLat + ((<usize>latent) << 2);
    let total = load<f32>(sum);
    const end = load<u32>(starts + ((<usize>latent) << 2), 4);
    for (let pair = load<u32>(starts + ((<usize>latent) << 2)); pair < end; pair++)
      total += load<f32>(derivatives + ((<usize>pair) << 2));
    store<f32>(sum, total);
  }
}

function along(a0: v128, a1: v128, a2: v128, a3: v128, a4: v128, a5: v128, a6: v128, a7: v128, r: usize): v128 {
  const p0 = f32x4.add(f32x4.mul(a0, v128.load(r)), f32x4.mul(a1, v128.load(r, 16)));
  const p1 = f32x4.add(f32x4.mul(a2, v128.load(r, 32)), f32x4.mul(a3, v128.load(r, 48)));
  const p2 = f32x4.add(f32x4.mul(a4, v128.load(r, 64)), f32x4.mul(a5, v128.load(r, 80)));
  const p3 = f32x4.add(f32x4.mul(a6, v128.load(r, 96)), f32x4.mul(a7, v128.load(r, 112)));
  return f32x4.add(f32x4.add(p0, p1), f32x4.add(p2, p3));
}

/**
 * Per latent the sum over its pairs of `scales` [pairs] times the row that `places` [pairs] says of `segments` [width/32, segmentRows, 32]:
 * to `sums`, by segments too, from the first of `count` of `n` on; added to what is there where `adds`.
 */
export function sumRows(
  count: u32,
  n: u32,
  width: u32,
  segments: usize,
  segmentRows: u32,
  starts: usize,
  places: usize,
  scales: usize,
  sums: usize,
  adds: u32,
): void {
  const bytes = (<usize>width) << 2;
  for (let segment: usize = 0; segment < bytes; segment += SEGMENT) {
    let sum = sums;
    fetch(segments, <usize>segmentRows * SEGMENT);
    for (let latent: u32 = 0; latent < count; latent++, sum += SEGMENT) {
      const at = (<usize>load<u32>(starts + ((<usize>latent) << 2))) << 2;
      const end = (<usize>load<u32>(starts + ((<usize>latent) << 2), 4)) << 2;
      sumSegment(at, end, segments, places, scales, sum, adds);
    }
    segments += <usize>segmentRows * SEGMENT;
    sums += <usize>n * SEGMENT;
  }
}

/** One segment of a latent's sum, over the pairs whose numbers are at `from` to `end` in bytes of 4. */
function sumSegment(
  from: usize,
  end: usize,
  segments: usize,
  places: usize,
  scales: usize,
  sum: usize,
  adds: u32,
): void {
  let a0 = f32x4.splat(0);
  let a1 = a0;
  let a2 = a0;
  let a3 = a0;
  let a4 = a0;
  let a5 = a0;
  let a6 = a0;
  let a7 = a0;
  if (adds) {
    if (from === end) return;
    a0 = v128.load(sum);
    a1 = v128.load(sum, 16);
    a2 = v128.load(sum, 32);
    a3 = v128.load(sum, 48);
    a4 = v128.load(sum, 64);
    a5 = v128.load(sum, 80);
    a6 = v128.load(sum, 96);
    a7 = v128.load(sum, 112);
  }
  for (let at = from; at < end; at += 4) {
    const row = segments + <usize>load<u32>(places + at) * SEGMENT;
    const scale = v128.load32_splat(scales + at);
    a0 = f32x4.add(a0, f32x4.mul(scale, v128.load(row)));
    a1 = f32x4.add(a1, f32x4.mul(scale, v128.load(row, 16)));
    a2 = f32x4.add(a2, f32x4.mul(scale, v128.load(row, 32)));
    a3 = f32x4.add(a3, f32x4.mul(scale, v128.load(row, 48)));
    a4 = f32x4.add(a4, f32x4.mul(scale, v128.load(row, 64)));
    a5 = f32x4.add(a5, f32x4.mul(scale, v128.load(row, 80)));
    a6 = f32x4.add(a6, f32x4.mul(scale, v128.load(row, 96)));
    a7 = f32x4.add(a7, f32x4.mul(scale, v128.load(row, 112)));
  }
  v128.store(sum, a0);
  v128.store(sum, a1, 16);
  v128.store(sum, a2, 32);
  v128.store(sum, a3, 48);
  v128.store(sum, a4, 64);
  v128.store(sum, a5, 80);
  v128.store(sum, a6, 96);
  v128.store(sum, a7, 112);
}

/** sum [width] += the rows of the first level of gradients [width/32, rows, levels, 32], which are sums over all levels. */
export function addLevel(gradients: usize, rows: u32, levelCount: u32, width: u32, sum: usize): void {
  for (let segment: u32 = 0; segment < width >> 5; segment++) {
    for (let row: u32 = 0; row < rows; row++) {
      axpy(1, gradients, sum, 32);
      gradients += <usize>levelCount * SEGMENT;
    }
    sum += SEGMENT;
  }
}

/** y −= Σ scales[i] · x[i] for `count` rows x [count, width]. */
export function subtractRows(scales: usize, x: usize, count: u32, width: u32, y: usize): void {
  for (let i: u32 = 0; i < count; i++) {
    const scale = load<f32>(scales);
    if (scale !== 0) axpy(-scale, x, y, width);
    scales += 4;
    x += (<usize>width) << 2;
  }
}
