// xoshiro128** seeded through splitmix32: the numbers of sdk/base/random.ts.

let a: u32 = 0;
let b: u32 = 0;
let c: u32 = 0;
let d: u32 = 0;
let mix: u32 = 0;

function splitmix(): u32 {
  mix += 0x9e3779b9;
  let z = mix;
  z = (z ^ (z >>> 16)) * 0x21f0aaad;
  z = (z ^ (z >>> 15)) * 0x735a2d97;
  return z ^ (z >>> 15);
}

export function seed(state: u32): void {
  mix = state;
  a = splitmix();
  b = splitmix();
  c = splitmix();
  d = splitmix();
}

/** Uniform in [0, 2³²). */
export function next(): u32 {
  const result = rotl<u32>(b * 5, 7) * 9;
  const t = b << 9;
  c ^= a;
  d ^= b;
  b ^= c;
  a ^= d;
  c ^= t;
  d = rotl<u32>(d, 11);
  return result;
}

/** Uniform in [0, n). */
export function below(n: u32): u32 {
  return <u32>((<u64>next() * <u64>n) >> 32);
}

/** Uniform in [0, 1), 24 bits. */
export function uniform(): f32 {
  return <f32>(next() >>> 8) * <f32>5.9604644775390625e-8;
}
