/** Done with a split and all below it. */
import { contribute } from './contribute';
import {
  BELOW,
  BELOW_COUNT,
  capacity,
  gains,
  keyLeft,
  keyRight,
  keyState,
  lanes,
  levelAt,
  OPEN,
  offBelow,
  offTable,
  offValue,
  own,
  padded,
  rootBelow,
  rowBytes,
  rows,
  STATE,
  sideOf,
  sums,
  valueBytes,
} from './ground';
import { lastSplit } from './last-split';
import { MAP_SIZE, mergeBelow } from './patterns';
import { CHILD, FEATURE } from './record';
import { leafBelow, valuesBelow } from './values';

/** Done with a split and all below it: patterns below, their V for the parent, and the contributions of its feature. */
export function leave(records: usize, leafValues: usize, d: i32): void {
  const level = levelAt(d);
  const split = load<u32>(level, OPEN);
  const record = records + ((<usize>split) << 6);
  const left = load<i32>(record, CHILD);
  const right = load<i32>(record, CHILD + 4);
  const target = sums + ((<usize>load<u32>(record, FEATURE) * padded * lanes) << 3);
  const side = sideOf(records, split, d);
  const state = <usize>load<u32>(level, STATE);
  if (left < 0 && right < 0) {
    lastSplit(records, record, leafValues, d, side, target);
    return;
  }
  if (left < 0) leafBelow(level, 0, leafValues + ((<usize>~left * lanes) << 3));
  if (right < 0) leafBelow(level, 1, leafValues + ((<usize>~right * lanes) << 3));
  const countLeft = load<u32>(level, BELOW_COUNT);
  const countRight = load<u32>(level, BELOW_COUNT + 4);
  const belowLeft = <usize>load<u32>(level, BELOW);
  const belowRight = <usize>load<u32>(level, BELOW + 4);
  let below = own;
  let count = rows;
  let fromLeft = belowLeft;
  let fromRight = belowRight;
  let fromState = state;
  const combinations = <u64>countLeft * countRight * 3;
  if (combinations <= MAP_SIZE && max(countLeft, countRight) * 4 <= rows * 3) {
    below = d === 0 ? rootBelow : levelAt(d - 1) + offBelow + side * rowBytes;
    fromLeft = keyLeft;
    fromRight = keyRight;
    fromState = keyState;
    count = mergeBelow(belowLeft, belowRight, state, countRight, below);
  }
  const values = d === 0 ? 0 : levelAt(d - 1) + offValue + side * capacity() * valueBytes;
  const others = level + offValue + capacity() * valueBytes;
  valuesBelow(record, level + offTable, count, level + offValue, fromLeft, others, fromRight, fromState, values, gains);
  if (d > 0) {
    const above = levelAt(d - 1);
    store<u32>(above + (side << 2), count, BELOW_COUNT);
    store<u32>(above + (side << 2), <u32>below, BELOW);
  }
  contribute(level, below, count, state, target);
}
