// Between rows as they are kept, [rows, width], and rows by segments, [width/32, rows, 32], which the sparse products work through one
// segment after the other: so many rows' segments fit the cache that whole rows do not.
import { SEGMENT } from './vector';

function copySegment(from: usize, to: usize): void {
  v128.store(to, v128.load(from));
  v128.store(to, v128.load(from, 16), 16);
  v128.store(to, v128.load(from, 32), 32);
  v128.store(to, v128.load(from, 48), 48);
  v128.store(to, v128.load(from, 64), 64);
  v128.store(to, v128.load(from, 80), 80);
  v128.store(to, v128.load(from, 96), 96);
  v128.store(to, v128.load(from, 112), 112);
}

/** Rows first … last − 1 of `rows` to segments. */
export function pack(source: usize, first: u32, last: u32, rows: u32, width: u32, segments: usize): void {
  const bytes = (<usize>width) << 2;
  for (let row = first; row < last; row++) {
    const from = source + <usize>row * bytes;
    let to = segments + <usize>row * SEGMENT;
    for (let at: usize = 0; at < bytes; at += SEGMENT, to += <usize>rows * SEGMENT) copySegment(from + at, to);
  }
}

/** Segments [width/32, rows, levels, 32] to rows: those of one level. */
export function unpack(segments: usize, rows: u32, levelCount: u32, level: u32, width: u32, target: usize): void {
  const bytes = (<usize>width) << 2;
  for (let row: u32 = 0; row < rows; row++) {
    let from = segments + <usize>(row * levelCount + level) * SEGMENT;
    for (let at: usize = 0; at < bytes; at += SEGMENT, from += <usize>(rows * levelCount) * SEGMENT)
      copySegment(from, target + at);
    target += bytes;
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
