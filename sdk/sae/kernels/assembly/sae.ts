// The hot loops of the trainer in AssemblyScript. Rows are `width` float32 long, a multiple of 8, padded with zeros; pointers are byte
// offsets into the one memory. Every sum is made in the order that ../twin.ts makes it in, so that both give the same bits.

function sumOfLanes(acc: v128): f32 {
  return (
    f32x4.extract_lane(acc, 0) + f32x4.extract_lane(acc, 1) + (f32x4.extract_lane(acc, 2) + f32x4.extract_lane(acc, 3))
  );
}

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

/** out = x − b for each of `rows` rows. */
export function centre(x: usize, b: usize, out: usize, rows: u32, width: u32): void {
  const bytes = (<usize>width) << 2;
  for (let row: u32 = 0; row < rows; row++) {
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(out + at, f32x4.sub(v128.load(x + at), v128.load(b + at)));
    }
    x += bytes;
    out += bytes;
  }
}

/** Moves the `k` largest of values[0 … count) to the front, their latents along with them (Hoare's quickselect). */
function quickselect(values: usize, latents: usize, count: i32, k: i32): void {
  let left = 0;
  let right = count - 1;
  while (left < right) {
    const pivot = load<f32>(values + ((<usize>((left + right) >> 1)) << 2));
    let i = left;
    let j = right;
    while (i <= j) {
      while (load<f32>(values + ((<usize>i) << 2)) > pivot) i++;
      while (load<f32>(values + ((<usize>j) << 2)) < pivot) j--;
      if (i <= j) {
        const vi = values + ((<usize>i) << 2);
        const vj = values + ((<usize>j) << 2);
        const value = load<f32>(vi);
        store<f32>(vi, load<f32>(vj));
        store<f32>(vj, value);
        const li = latents + ((<usize>i) << 2);
        const lj = latents + ((<usize>j) << 2);
        const latent = load<u32>(li);
        store<u32>(li, load<u32>(lj));
        store<u32>(lj, latent);
        i++;
        j--;
      }
    }
    if (k - 1 <= j) right = j;
    else if (k - 1 >= i) left = i;
    else return;
  }
}

/**
 * Per row: latents with pre + bias > 0, the strongest of each level before those of the next. `ends` [rows, levels] says how many of the
 * row's slots belong to the level and those before it.
 */
export function select(
  pre: usize,
  rows: u32,
  n: u32,
  bias: usize,
  levels: usize,
  levelCount: u32,
  scratchValues: usize,
  scratchLatents: usize,
  latents: usize,
  values: usize,
  ends: usize,
  slots: u32,
): void {
  for (let row: u32 = 0; row < rows; row++) {
    let count = 0;
    for (let latent: u32 = 0; latent < n; latent++) {
      const value = load<f32>(pre + ((<usize>latent) << 2)) + load<f32>(bias + ((<usize>latent) << 2));
      if (value > 0) {
        store<f32>(scratchValues + ((<usize>count) << 2), value);
        store<u32>(scratchLatents + ((<usize>count) << 2), latent);
        count++;
      }
    }
    for (let level: i32 = levelCount - 1; level >= 0; level--) {
      const k = <i32>load<u32>(levels + ((<usize>level) << 2));
      if (k < count) {
        quickselect(scratchValues, scratchLatents, count, k);
        count = k;
      }
      store<u32>(ends + ((<usize>level) << 2), count);
    }
    const kept = load<u32>(ends + ((<usize>(levelCount - 1)) << 2));
    memory.copy(values, scratchValues, (<usize>kept) << 2);
    memory.copy(latents, scratchLatents, (<usize>kept) << 2);
    pre += (<usize>n) << 2;
    values += (<usize>slots) << 2;
    latents += (<usize>slots) << 2;
    ends += (<usize>levelCount) << 2;
  }
}

/**
 * Per row: x̂ of each level from the one before it, its residual, and at the end the suffix sums over levels of the residuals' gradients,
 * [rows, levels, width]. `weights` [levels] are α/Σα · 2/(d · rows of the batch). `relative`: errors are measured against mean x².
 * Adds Σ over rows of the levels' errors to `errors` [levels], float64.
 */
export function decode(
  x: usize,
  rows: u32,
  d: u32,
  width: u32,
  wDec: usize,
  bPre: usize,
  levelCount: u32,
  weights: usize,
  relative: u32,
  latents: usize,
  values: usize,
  ends: usize,
  slots: u32,
  gradients: usize,
  estimate: usize,
  errors: usize,
): void {
  const bytes = (<usize>width) << 2;
  for (let row: u32 = 0; row < rows; row++) {
    const power = relative ? dot(x, x, width) / <f32>d : <f32>1;
    const inverse: f32 = power > 0 ? <f32>1 / power : 0;
    memory.copy(estimate, bPre, bytes);
    let slot: u32 = 0;
    for (let level: u32 = 0; level < levelCount; level++) {
      const end = load<u32>(ends + ((<usize>level) << 2));
      for (; slot + 4 <= end; slot += 4) addFour(slot, latents, values, wDec, estimate, bytes);
      for (; slot < end; slot++) {
        const atom = wDec + <usize>load<u32>(latents + ((<usize>slot) << 2)) * bytes;
        axpy(load<f32>(values + ((<usize>slot) << 2)), atom, estimate, width);
      }
      const gradient = gradients + <usize>level * bytes;
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(gradient + at, f32x4.sub(v128.load(estimate + at), v128.load(x + at)));
      }
      const error = <f64>((dot(gradient, gradient, width) * inverse) / <f32>d);
      const sum = errors + ((<usize>level) << 3);
      store<f64>(sum, load<f64>(sum) + error);
      const factor = f32x4.splat(load<f32>(weights + ((<usize>level) << 2)) * inverse);
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(gradient + at, f32x4.mul(v128.load(gradient + at), factor));
      }
    }
    for (let level: i32 = <i32>levelCount - 2; level >= 0; level--) {
      const gradient = gradients + <usize>level * bytes;
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(gradient + at, f32x4.add(v128.load(gradient + at), v128.load(gradient + bytes + at)));
      }
    }
    x += bytes;
    latents += (<usize>slots) << 2;
    values += (<usize>slots) << 2;
    ends += (<usize>levelCount) << 2;
    gradients += bytes * levelCount;
  }
}

/** estimate += the atoms of four slots, one after the other, in one pass. */
function addFour(slot: u32, latents: usize, values: usize, wDec: usize, estimate: usize, bytes: usize): void {
  const l = latents + ((<usize>slot) << 2);
  const v = values + ((<usize>slot) << 2);
  const a = wDec + <usize>load<u32>(l) * bytes;
  const b = wDec + <usize>load<u32>(l, 4) * bytes;
  const c = wDec + <usize>load<u32>(l, 8) * bytes;
  const e = wDec + <usize>load<u32>(l, 12) * bytes;
  const za = v128.load32_splat(v);
  const zb = v128.load32_splat(v, 4);
  const zc = v128.load32_splat(v, 8);
  const ze = v128.load32_splat(v, 12);
  for (let at: usize = 0; at < bytes; at += 16) {
    let sum = f32x4.add(v128.load(estimate + at), f32x4.mul(za, v128.load(a + at)));
    sum = f32x4.add(sum, f32x4.mul(zb, v128.load(b + at)));
    sum = f32x4.add(sum, f32x4.mul(zc, v128.load(c + at)));
    v128.store(estimate + at, f32x4.add(sum, f32x4.mul(ze, v128.load(e + at))));
  }
}

/**
 * Lists the active (row, slot) pairs by latent (counting sort): `starts` [n + 1], `entries` [pairs, 2] as row and slot.
 */
export function byLatent(
  latents: usize,
  ends: usize,
  rows: u32,
  levelCount: u32,
  slots: u32,
  n: u32,
  starts: usize,
  entries: usize,
): void {
  memory.fill(starts, 0, (<usize>(n + 1)) << 2);
  for (let row: u32 = 0; row < rows; row++) {
    const kept = load<u32>(ends + ((<usize>((row + 1) * levelCount - 1)) << 2));
    for (let slot: u32 = 0; slot < kept; slot++) {
      const at = starts + ((<usize>load<u32>(latents + ((<usize>(row * slots + slot)) << 2))) << 2) + 4;
      store<u32>(at, load<u32>(at) + 1);
    }
  }
  for (let latent: u32 = 0; latent < n; latent++) {
    const at = starts + ((<usize>latent) << 2);
    store<u32>(at + 4, load<u32>(at + 4) + load<u32>(at));
  }
  // filled from the back of each list, which ends with starts as they were
  for (let row: i32 = <i32>rows - 1; row >= 0; row--) {
    const kept = <i32>load<u32>(ends + ((<usize>((row + 1) * levelCount - 1)) << 2));
    for (let slot = kept - 1; slot >= 0; slot--) {
      const at = starts + ((<usize>load<u32>(latents + ((<usize>(row * slots + slot)) << 2))) << 2) + 4;
      const place = load<u32>(at) - 1;
      store<u32>(at, place);
      const entry = entries + ((<usize>place) << 3);
      store<u32>(entry, row);
      store<u32>(entry, slot, 4);
    }
  }
  // starts[latent + 1] now is where latent's list begins: shift down, and close with the total
  let total: u32 = 0;
  for (let row: u32 = 0; row < rows; row++) total += load<u32>(ends + ((<usize>((row + 1) * levelCount - 1)) << 2));
  for (let latent: u32 = 0; latent < n; latent++) {
    const at = starts + ((<usize>latent) << 2);
    store<u32>(at, load<u32>(at + 4));
  }
  store<u32>(starts + ((<usize>n) << 2), total);
}

/**
 * Adds the gradients of W_dec, W_enc [n, width] and b_lat [n] of latents first … last, visiting each latent's rows while its four rows
 * of weights are at hand. `penalty` is the L1 term's gradient of an active latent.
 */
export function backward(
  first: u32,
  last: u32,
  centred: usize,
  width: u32,
  wDec: usize,
  levelCount: u32,
  values: usize,
  ends: usize,
  slots: u32,
  gradients: usize,
  starts: usize,
  entries: usize,
  penalty: f32,
  gDec: usize,
  gEnc: usize,
  gLat: usize,
): void {
  const bytes = (<usize>width) << 2;
  for (let latent = first; latent < last; latent++) {
    const atom = wDec + <usize>latent * bytes;
    const gradDec = gDec + <usize>latent * bytes;
    const gradEnc = gEnc + <usize>latent * bytes;
    let gradBias = load<f32>(gLat + ((<usize>latent) << 2));
    const end = load<u32>(starts + ((<usize>(latent + 1)) << 2));
    for (let place = load<u32>(starts + ((<usize>latent) << 2)); place < end; place++) {
      const row = load<u32>(entries + ((<usize>place) << 3));
      const slot = load<u32>(entries + ((<usize>place) << 3), 4);
      let level: u32 = 0;
      while (load<u32>(ends + ((<usize>(row * levelCount + level)) << 2)) <= slot) level++;
      const residual = gradients + <usize>(row * levelCount + level) * bytes;
      const input = centred + <usize>row * bytes;
      const dz = dot(atom, residual, width) + penalty;
      const z = load<f32>(values + ((<usize>(row * slots + slot)) << 2));
      const zs = f32x4.splat(z);
      const dzs = f32x4.splat(dz);
      for (let at: usize = 0; at < bytes; at += 16) {
        v128.store(gradDec + at, f32x4.add(v128.load(gradDec + at), f32x4.mul(zs, v128.load(residual + at))));
        v128.store(gradEnc + at, f32x4.add(v128.load(gradEnc + at), f32x4.mul(dzs, v128.load(input + at))));
      }
      gradBias += dz;
    }
    store<f32>(gLat + ((<usize>latent) << 2), gradBias);
  }
}

/**
 * Brings the rows of W_dec to norm 1 (W_enc's rows and b_lat take the old norm) and takes the part along them out of their gradients.
 * Gives the squared norm of all gradients of these latents.
 */
export function constrain(
  n: u32,
  width: u32,
  wDec: usize,
  wEnc: usize,
  bLat: usize,
  gDec: usize,
  gEnc: usize,
  gLat: usize,
): f64 {
  const bytes = (<usize>width) << 2;
  let squares: f64 = 0;
  for (let latent: u32 = 0; latent < n; latent++) {
    const squaredNorm = dot(wDec, wDec, width);
    const norm: f32 = squaredNorm > 0 ? <f32>Math.sqrt(<f64>squaredNorm) : 1;
    const up = f32x4.splat(norm);
    const down = f32x4.splat(<f32>1 / norm);
    for (let at: usize = 0; at < bytes; at += 16) {
      v128.store(wDec + at, f32x4.mul(v128.load(wDec + at), down));
      v128.store(wEnc + at, f32x4.mul(v128.load(wEnc + at), up));
    }
    const bias = bLat + ((<usize>latent) << 2);
    store<f32>(bias, load<f32>(bias) * norm);
    axpy(-dot(gDec, wDec, width), wDec, gDec, width);
    const gradBias = load<f32>(gLat + ((<usize>latent) << 2));
    squares += <f64>dot(gDec, gDec, width) + <f64>dot(gEnc, gEnc, width) + <f64>gradBias * <f64>gradBias;
    wDec += bytes;
    wEnc += bytes;
    gDec += bytes;
    gEnc += bytes;
  }
  return squares;
}

/**
 * One step of Adam on `count` values, a multiple of 4. `rate` is lr/(1 − β1^t), `correction` 1/(1 − β2^t), `clip` scales the gradient.
 * Moments below 1e-30 become 0: far below ε they change nothing, and subnormal numbers are slow.
 */
export function adam(
  w: usize,
  g: usize,
  m: usize,
  v: usize,
  count: u32,
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
  const step = f32x4.splat(rate);
  const c2 = f32x4.splat(correction);
  const eps = f32x4.splat(epsilon);
  const scale = f32x4.splat(clip);
  const tiny = f32x4.splat(1e-30);
  const bytes = (<usize>count) << 2;
  for (let at: usize = 0; at < bytes; at += 16) {
    const gradient = f32x4.mul(v128.load(g + at), scale);
    let first = f32x4.add(f32x4.mul(b1, v128.load(m + at)), f32x4.mul(a1, gradient));
    let second = f32x4.add(f32x4.mul(b2, v128.load(v + at)), f32x4.mul(a2, f32x4.mul(gradient, gradient)));
    first = v128.and(first, f32x4.ge(f32x4.abs(first), tiny));
    second = v128.and(second, f32x4.ge(second, tiny));
    v128.store(m + at, first);
    v128.store(v + at, second);
    const root = f32x4.add(f32x4.sqrt(f32x4.mul(second, c2)), eps);
    v128.store(w + at, f32x4.sub(v128.load(w + at), f32x4.div(f32x4.mul(step, first), root)));
  }
}
