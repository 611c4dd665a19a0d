// Which latents a row keeps.

/** Byte order that brings the lanes of a mask's set bits to the front, for each of the 16 masks. */
export const TO_FRONT = memory.data<u8>([
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5, 6, 7, 0, 0, 0,
  0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 0, 0, 0, 0, 0, 0, 0, 0, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
  0, 0, 0, 1, 2, 3, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3,
  4, 5, 6, 7, 8, 9, 10, 11, 0, 0, 0, 0, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 12, 13, 14, 15,
  0, 0, 0, 0, 0, 0, 0, 0, 4, 5, 6, 7, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 12, 13, 14, 15, 0,
  0, 0, 0, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0,
  4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15,
]);

/** What the cut of one row times this is where the scan of the next row begins to look. */
export const CARRIED: f32 = 0.9;
/** What it is lowered by where that finds too few. */
export const LOWERED: f32 = 0.75;

/** How often, before everything above 0 is looked at. */
export const LOWERINGS = 8;

/** values[i] = pre[i] + bias[i], and how many are above `floor`. */
function activate(pre: usize, bias: usize, n: u32, floor: f32, values: usize): u32 {
  const least = f32x4.splat(floor);
  let sums = i32x4.splat(0);
  const whole = n & ~3;
  for (let i: u32 = 0; i < whole; i += 4) {
    const at = (<usize>i) << 2;
    const value = f32x4.add(v128.load(pre + at), v128.load(bias + at));
    v128.store(values + at, value);
    sums = i32x4.sub(sums, f32x4.gt(value, least));
  }
  let total = sumOfCounts(sums);
  for (let i = whole; i < n; i++) {
    const at = (<usize>i) << 2;
    const value = load<f32>(pre + at) + load<f32>(bias + at);
    store<f32>(values + at, value);
    total += u32(value > floor);
  }
  return total;
}

/** A floor below `floor`, of 0 at least, that has `wanted` values above it where there are so many. */
function lower(values: usize, n: u32, wanted: u32, floor: f32): f32 {
  for (let tries = 0; tries < LOWERINGS; tries++) {
    floor *= LOWERED;
    if (countAbove(values, n, floor) >= wanted) return floor;
  }
  return 0;
}

/** How many of the values are above `floor`. */
function countAbove(values: usize, count: u32, floor: f32): u32 {
  const least = f32x4.splat(floor);
  let sums = i32x4.splat(0);
  const whole = count & ~3;
  for (let i: u32 = 0; i < whole; i += 4)
    sums = i32x4.sub(sums, f32x4.gt(v128.load(values + ((<usize>i) << 2)), least));
  let total = sumOfCounts(sums);
  for (let i = whole; i < count; i++) total += u32(load<f32>(values + ((<usize>i) << 2)) > floor);
  return total;
}

function sumOfCounts(sums: v128): u32 {
  return (
    i32x4.extract_lane(sums, 0) +
    i32x4.extract_lane(sums, 1) +
    i32x4.extract_lane(sums, 2) +
    i32x4.extract_lane(sums, 3)
  );
}

/** Moves the values above `floor` and their latents, rising, to `kept` and `latents`; may write 3 places beyond. */
function gather(values: usize, n: u32, floor: f32, kept: usize, latents: usize): void {
  const least = f32x4.splat(floor);
  const four = i32x4.splat(4);
  let latent = i32x4(0, 1, 2, 3);
  let to: usize = 0;
  const whole = n & ~3;
  for (let i: u32 = 0; i < whole; i += 4) {
    const value = v128.load(values + ((<usize>i) << 2));
    const mask = i32x4.bitmask(f32x4.gt(value, least));
    const order = v128.load(TO_FRONT + ((<usize>mask) << 4));
    v128.store(kept + to, i8x16.swizzle(value, order));
    v128.store(latents + to, i8x16.swizzle(latent, order));
    to += (<usize>popcnt(mask)) << 2;
    latent = i32x4.add(latent, four);
  }
  for (let i = whole; i < n; i++) {
    const value = load<f32>(values + ((<usize>i) << 2));
    if (!(value > floor)) continue;
    store<f32>(kept + to, value);
    store<u32>(latents + to, i);
    to += 4;
  }
}

/** Where `cutOf` found its cut: values above it, and equal ones that are to be kept. */
let above: u32 = 0;

/**
 * A cut with k of the positive values above it; where equal values leave none, the largest with fewer, and `above` says how many. Looks for it by
 * bisection of the values' bits, which rise as positive values do, nearer to where the counts say it is.
 */
export function cutOf(values: usize, count: u32, k: u32, floor: f32): f32 {
  // above `low` there are more than k, above `high` fewer or none
  let low = reinterpret<u32>(floor);
  let high = reinterpret<u32>(largest(values, count));
  let aboveLow = count;
  let aboveHigh: u32 = 0;
  for (let turn = 0; high - low > 1; turn++) {
    let middle = low + ((high - low) >> 1);
    if (turn & 1 || turn < 1) {
      // counts fall about as a straight line of the values
      const from = reinterpret<f32>(low);
      const guess = from + (reinterpret<f32>(high) - from) * (<f32>(aboveLow - k) / <f32>(aboveLow - aboveHigh));
      middle = min<u32>(max<u32>(reinterpret<u32>(guess), low + 1), high - 1);
    }
    const found = countAbove(values, count, reinterpret<f32>(middle));
    if (found === k) {
      above = k;
      return reinterpret<f32>(middle);
    }
    if (found > k) {
      low = middle;
      aboveLow = found;
    } else {
      high = middle;
      aboveHigh = found;
    }
  }
  above = aboveHigh;
  return reinterpret<f32>(high);
}

function largest(values: usize, count: u32): f32 {
  let most = f32x4.splat(0);
  const whole = count & ~3;
  for (let i: u32 = 0; i < whole; i += 4) most = f32x4.max(most, v128.load(values + ((<usize>i) << 2)));
  let result = max<f32>(
    max<f32>(f32x4.extract_lane(most, 0), f32x4.extract_lane(most, 1)),
    max<f32>(f32x4.extract_lane(most, 2), f32x4.extract_lane(most, 3)),
  );
  for (let i = whole; i < count; i++) result = max<f32>(result, load<f32>(values + ((<usize>i) << 2)));
  return result;
}

/**
 * Divides `count` values and their latents, leaving their order: those above `cut`, and the first `equals` of those equal to it, stay in front, the others go to
 * `restValues` and `restLatents`. May write 3 places beyond either.
 */
function divide(
  values: usize,
  latents: usize,
  count: u32,
  cut: f32,
  equals: u32,
  restValues: usize,
  restLatents: usize,
): void {
  const least = f32x4.splat(cut);
  let to: usize = 0;
  let rest: usize = 0;
  const whole: u32 = equals > 0 ? 0 : count & ~3;
  for (let i: u32 = 0; i < whole; i += 4) {
    const at = (<usize>i) << 2;
    const value = v128.load(values + at);
    const latent = v128.load(latents + at);
    const mask = i32x4.bitmask(f32x4.gt(value, least));
    const stay = v128.load(TO_FRONT + ((<usize>mask) << 4));
    const go = v128.load(TO_FRONT + ((<usize>(mask ^ 15)) << 4));
    v128.store(restValues + rest, i8x16.swizzle(value, go));
    v128.store(restLatents + rest, i8x16.swizzle(latent, go));
    v128.store(values + to, i8x16.swizzle(value, stay));
    v128.store(latents + to, i8x16.swizzle(latent, stay));
    const kept = <usize>popcnt(mask);
    to += kept << 2;
    rest += (4 - kept) << 2;
  }
  for (let i = whole; i < count; i++) {
    const value = load<f32>(values + ((<usize>i) << 2));
    const latent = load<u32>(latents + ((<usize>i) << 2));
    if (value > cut || (value === cut && equals > 0)) {
      if (value === cut) equals--;
      store<f32>(values + to, value);
      store<u32>(latents + to, latent);
      to += 4;
    } else {
      store<f32>(restValues + rest, value);
      store<u32>(restLatents + rest, latent);
      rest += 4;
    }
  }
}

/** Cut at a row's last level when it was looked for, else 0. */
let lastCut: f32 = 0;

/** Divides the `count` values above `floor` in scratch by levels, into one row of latents, values and ends. */
export function divideByLevel(
  count: u32,
  floor: f32,
  levels: usize,
  levelCount: u32,
  scratchValues: usize,
  scratchLatents: usize,
  scratchAll: usize,
  scratchRest: usize,
  latents: usize,
  values: usize,
  ends: usize,
): void {
  lastCut = 0;
  for (let level: i32 = levelCount - 1; level >= 0; level--) {
    const k = load<u32>(levels + ((<usize>level) << 2));
    if (k < count) {
      const cut = cutOf(scratchValues, count, k, floor);
      divide(scratchValues, scratchLatents, count, cut, k - above, scratchAll, scratchRest);
      if (level === <i32>levelCount - 1) lastCut = cut;
      else {
        memory.copy(values + ((<usize>k) << 2), scratchAll, (<usize>(count - k)) << 2);
        memory.copy(latents + ((<usize>k) << 2), scratchRest, (<usize>(count - k)) << 2);
      }
      count = k;
      // equal ones may be at the cut itself
      floor = reinterpret<f32>(reinterpret<u32>(cut) - 1);
    }
    store<u32>(ends + ((<usize>level) << 2), count);
  }
  memory.copy(values, scratchValues, (<usize>count) << 2);
  memory.copy(latents, scratchLatents, (<usize>count) << 2);
}

/**
 * Per row: latents with pre + bias > 0, the strongest of each level before those of the next, of equal ones the first, and latents rising
 * within a level. `ends` [rows, levels] says how many of the row's slots belong to the level and those before it. Each of the four
 * scratches has room for n + 4 values.
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
  scratchAll: usize,
  scratchRest: usize,
  latents: usize,
  values: usize,
  ends: usize,
  slots: u32,
): void {
  let start: f32 = 0;
  for (let row: u32 = 0; row < rows; row++) {
    let floor = start;
    let count = activate(pre, bias, n, floor, scratchAll);
    if (count < slots && floor > 0) {
      floor = lower(scratchAll, n, slots, floor);
      count = countAbove(scratchAll, n, floor);
    }
    gather(scratchAll, n, floor, scratchValues, scratchLatents);
    divideByLevel(
      count,
      floor,
      levels,
      levelCount,
      scratchValues,
      scratchLatents,
      scratchAll,
      scratchRest,
      latents,
      values,
      ends,
    );
    start = lastCut * CARRIED;
    pre += (<usize>n) << 2;
    values += (<usize>slots) << 2;
    latents += (<usize>slots) << 2;
    ends += (<usize>levelCount) << 2;
  }
}

/**
 * The same for rows first … last − 1 of candidates that each of several parts of the dictionary found: [parts, rows, candidateSlots], `counts` [parts,
 * rows] of them, latents rising from part to part.
 */
export function merge(
  candidateLatents: usize,
  candidateValues: usize,
  counts: usize,
  candidateSlots: u32,
  parts: u32,
  first: u32,
  last: u32,
  rows: u32,
  levels: usize,
  levelCount: u32,
  scratchValues: usize,
  scratchLatents: usize,
  scratchAll: usize,
  scratchRest: usize,
  latents: usize,
  values: usize,
  ends: usize,
  slots: u32,
): void {
  for (let row = first; row < last; row++) {
    let count: u32 = 0;
    for (let part: u32 = 0; part < parts; part++) {
      const place = part * rows + row;
      const found = load<u32>(counts + ((<usize>place) << 2));
      const from = (<usize>(place * candidateSlots)) << 2;
      const to = (<usize>count) << 2;
      memory.copy(scratchValues + to, candidateValues + from, (<usize>found) << 2);
      memory.copy(scratchLatents + to, candidateLatents + from, (<usize>found) << 2);
      count += found;
    }
    const at = (<usize>(row * slots)) << 2;
    divideByLevel(
      count,
      0,
      levels,
      levelCount,
      scratchValues,
      scratchLatents,
      scratchAll,
      scratchRest,
      latents + at,
      values + at,
      ends + ((<usize>(row * levelCount)) << 2),
    );
  }
}
