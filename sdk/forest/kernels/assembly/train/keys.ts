// Sort keys of eight features of a node of at most 128 rows: one vector a row, one lane a feature. A key's high bits are the code, stretched
// over the range that the node has; its low bits are the row's position.
import { bases, group, keys, network } from './ground';

/** Feature of each lane, u32 [8], then u16 [8] lowest code and u16 [8] factor, at `group`. */
const LOW: usize = 32;
const FACTOR: usize = 48;

/** Bits for positions of `size` rows. */
export function positionBits(size: i32): i32 {
  return 32 - clz(size - 1);
}

/** Bits of the lanes that hold a feature; the others repeat one. */
export let lanesUsed: u32 = 0;

export function clearLanes(): void {
  lanesUsed = 0;
}

export function setLane(lane: i32, feature: u32, isUsed: bool): void {
  store<u32>(group + ((<usize>lane) << 2), feature);
  lanesUsed |= (<u32>isUsed) << lane;
}

export function laneFeature(lane: i32): u32 {
  return load<u32>(group + ((<usize>lane) << 2));
}

/** Writes the keys of the lanes' features; false where none of them varies in the node. */
export function writeKeys(size: i32, bits: i32): bool {
  const o0 = (<usize>load<u32>(group)) << 1;
  const o1 = (<usize>load<u32>(group, 4)) << 1;
  const o2 = (<usize>load<u32>(group, 8)) << 1;
  const o3 = (<usize>load<u32>(group, 12)) << 1;
  const o4 = (<usize>load<u32>(group, 16)) << 1;
  const o5 = (<usize>load<u32>(group, 20)) << 1;
  const o6 = (<usize>load<u32>(group, 24)) << 1;
  const o7 = (<usize>load<u32>(group, 28)) << 1;
  let low = i16x8.splat(-1);
  let high = i16x8.splat(0);
  let to = keys;
  const end = bases + ((<usize>size) << 2);
  for (let at = bases; at < end; at += 4) {
    const base = <usize>load<u32>(at);
    let codes = v128.load16_splat(base + o0);
    codes = v128.load16_lane(base + o1, codes, 1);
    codes = v128.load16_lane(base + o2, codes, 2);
    codes = v128.load16_lane(base + o3, codes, 3);
    codes = v128.load16_lane(base + o4, codes, 4);
    codes = v128.load16_lane(base + o5, codes, 5);
    codes = v128.load16_lane(base + o6, codes, 6);
    codes = v128.load16_lane(base + o7, codes, 7);
    low = i16x8.min_u(low, codes);
    high = i16x8.max_u(high, codes);
    v128.store(to, codes);
    to += 16;
  }
  const range = i16x8.sub(high, low);
  if (!v128.any_true(range)) return false;
  const factor = i16x8.narrow_i32x4_u(
    stretch(i32x4.extend_low_i16x8_u(range)),
    stretch(i32x4.extend_high_i16x8_u(range)),
  );
  v128.store(group, low, LOW);
  v128.store(group, factor, FACTOR);
  const mask = i16x8.splat(lowBits(bits) ^ -1);
  let position = i16x8.splat(0);
  const one = i16x8.splat(1);
  for (let at = keys; at < to; at += 16) {
    const code = v128.and(i16x8.mul(i16x8.sub(v128.load(at), low), factor), mask);
    v128.store(at, v128.or(code, position));
    position = i16x8.add(position, one);
  }
  return true;
}

/** ⌊65535 / range⌋: correctly rounded division never reaches the next integer at this size. */
function stretch(range: v128): v128 {
  return i32x4.trunc_sat_f32x4_s(f32x4.div(f32x4.splat(65535), f32x4.convert_i32x4_s(range)));
}

/** Highest code that goes left where keys up to `key` do. */
export function cutOf(lane: i32, key: u32, bits: i32): u32 {
  const at = group + ((<usize>lane) << 1);
  return load<u16>(at, LOW) + (key | ((1 << bits) - 1)) / <u32>load<u16>(at, FACTOR);
}

let networkSize: i32 = 0;
let networkEnd: usize = 0;

/** Makes the network that sorts `size` keys: Batcher's merge exchange (Knuth, The Art of Computer Programming, 5.2.2 M). */
export function makeNetwork(size: i32): void {
  if (networkSize === size) return;
  networkSize = size;
  let to = network;
  const top = 1 << (positionBits(size) - 1);
  for (let p = top; p > 0; p >>= 1) {
    let q = top;
    let r = 0;
    let d = p;
    while (true) {
      for (let i = 0; i < size - d; i++) {
        if ((i & p) !== r) continue;
        store<u32>(to, (i << 4) | ((i + d) << 20));
        to += 4;
      }
      if (q === p) break;
      d = q - p;
      q >>= 1;
      r = p;
    }
  }
  networkEnd = to;
}

/** Sorts every lane of the keys. */
export function sortKeys(): void {
  const end = networkEnd;
  const start = keys;
  for (let at = network; at < end; at += 4) {
    const pair = load<u32>(at);
    const first = start + <usize>(pair & 0xffff);
    const second = start + <usize>(pair >>> 16);
    const a = v128.load(first);
    const b = v128.load(second);
    v128.store(first, i16x8.min_u(a, b));
    v128.store(second, i16x8.max_u(a, b));
  }
}

/** Mask of the position bits of a key. */
export function lowBits(bits: i32): i16 {
  const mask: i32 = (1 << bits) - 1;
  return <i16>mask;
}
