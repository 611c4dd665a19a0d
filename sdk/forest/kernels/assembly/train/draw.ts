// Features drawn for a node, without replacement.
import { columns, drawn, features, groups, marks } from './ground';
import { below } from './random';

/** How many have been drawn for the node. */
export let drawnCount: i32 = 0;

export function startDrawing(): void {
  drawnCount = 0;
}

/** One more feature. */
export function draw(): u32 {
  const here = columns + ((<usize>drawnCount) << 2);
  const there = here + ((<usize>below(features - drawnCount)) << 2);
  const column = load<u32>(there);
  store<u32>(there, load<u32>(here));
  store<u32>(here, column);
  drawnCount++;
  return column;
}

/**
 * Draws `count` features and lists them at `drawn` in ascending order, so that eight neighbours share the cache lines of a row; then shuffles
 * the order of these groups of eight at `groups`, so that no feature wins a tie by its place. Returns the number of groups.
 */
export function drawGroups(count: i32): i32 {
  for (let i = 0; i < count; i++) store<u8>(marks + draw(), 1);
  let to = drawn;
  for (let f = 0; f < features; f++) {
    store<u32>(to, f);
    to += (<usize>load<u8>(marks + f)) << 2;
  }
  memory.fill(marks, 0, features);
  const length = (count + 7) >>> 3;
  for (let i = 0; i < length; i++) store<u32>(groups + ((<usize>i) << 2), i);
  for (let i = length - 1; i > 0; i--) {
    const here = groups + ((<usize>i) << 2);
    const there = groups + ((<usize>below(i + 1)) << 2);
    const kept = load<u32>(here);
    store<u32>(here, load<u32>(there));
    store<u32>(there, kept);
  }
  return length;
}
