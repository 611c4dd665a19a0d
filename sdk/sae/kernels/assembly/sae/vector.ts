// What the kernels share: rows of `width` float32, a multiple of 32, padded with zeros.

/** Bytes of a segment: 32 values, which fill eight registers. */
export const SEGMENT: usize = 128;

/** a · b in eight partial sums. */
export function dot(a: usize, b: usize, width: u32): f32 {
  let even = f32x4.splat(0);
  let odd = f32x4.splat(0);
  const end = a + ((<usize>width) << 2);
  for (; a < end; a += 32, b += 32) {
    even = f32x4.add(even, f32x4.mul(v128.load(a), v128.load(b)));
    odd = f32x4.add(odd, f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
  }
  return sumOfLanes(f32x4.add(even, odd));
}

/** y += scale · x. */
export function axpy(scale: f32, x: usize, y: usize, width: u32): void {
  const factor = f32x4.splat(scale);
  const end = x + ((<usize>width) << 2);
  for (; x < end; x += 32, y += 32) {
    v128.store(y, f32x4.add(v128.load(y), f32x4.mul(factor, v128.load(x))));
    v128.store(y, f32x4.add(v128.load(y, 16), f32x4.mul(factor, v128.load(x, 16))), 16);
  }
}

export function sumOfLanes(acc: v128): f32 {
  return (
    f32x4.extract_lane(acc, 0) + f32x4.extract_lane(acc, 1) + (f32x4.extract_lane(acc, 2) + f32x4.extract_lane(acc, 3))
  );
}

/** [Σa, Σb, Σc, Σe], each as (lane 0 + lane 2) + (lane 1 + lane 3). */
export function sumsOfFour(a: v128, b: v128, c: v128, e: v128): v128 {
  const ab = f32x4.add(i32x4.shuffle(a, b, 0, 4, 1, 5), i32x4.shuffle(a, b, 2, 6, 3, 7));
  const ce = f32x4.add(i32x4.shuffle(c, e, 0, 4, 1, 5), i32x4.shuffle(c, e, 2, 6, 3, 7));
  return f32x4.add(i32x4.shuffle(ab, ce, 0, 1, 4, 5), i32x4.shuffle(ab, ce, 2, 3, 6, 7));
}

/** Σ of the eight vectors of products of two segments, lane by lane. */
export function products(a: usize, b: usize): v128 {
  const p0 = f32x4.add(f32x4.mul(v128.load(a), v128.load(b)), f32x4.mul(v128.load(a, 16), v128.load(b, 16)));
  const p1 = f32x4.add(f32x4.mul(v128.load(a, 32), v128.load(b, 32)), f32x4.mul(v128.load(a, 48), v128.load(b, 48)));
  const p2 = f32x4.add(f32x4.mul(v128.load(a, 64), v128.load(b, 64)), f32x4.mul(v128.load(a, 80), v128.load(b, 80)));
  const p3 = f32x4.add(f32x4.mul(v128.load(a, 96), v128.load(b, 96)), f32x4.mul(v128.load(a, 112), v128.load(b, 112)));
  return f32x4.add(f32x4.add(p0, p1), f32x4.add(p2, p3));
}

/** What `fetch` saw, so that it is not left out as useless. */
let _seen: u32 = 0;

/** Reads one value of each cache line of `bytes` in order, which brings them to the cache sooner than reading them in random order would. */
export function fetch(at: usize, bytes: usize): void {
  let sum: u32 = 0;
  for (const end = at + bytes; at < end; at += 256)
    sum ^= load<u32>(at) ^ load<u32>(at, 64) ^ load<u32>(at, 128) ^ load<u32>(at, 192);
  _seen = sum;
}
