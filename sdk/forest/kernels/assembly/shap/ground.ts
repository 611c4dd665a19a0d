/** The memory of a walk of many rows: what is open at each depth, and what all depths share. */
import { CHILD } from './record';

// A level's head: what is open at one depth of the walk.
export const ABOVE_COUNT: usize = 0;
export const ABOVE: usize = 4; // pattern above, by row
export const PARENT: usize = 8; // by pattern above: the parent's pattern it continues …
export const PARENT_STATE: usize = 12; // … and the state taken there
export const STATE: usize = 20; // by row
export const BELOW_COUNT: usize = 24; // [2] by child
export const BELOW: usize = 32; // [2] pattern below, by row
export const OPEN: usize = 40; // the split
export const HEAD_BYTES: usize = 64;
export let rows: u32 = 0;
export let padded: u32 = 0;
export let lanes: u32 = 0;
export let width: usize = 0; // nodes of the quadrature, even
export let valueBytes: usize = 0; // V of one pattern
export let quadrature: usize = 0; // t, 1 − t, weight, each [width]
export let x: usize = 0;
export let sums: usize = 0;
export let levels: usize = 0;
export let levelBytes: usize = 0;
export let offState: usize = 0;
export let offAbove: usize = 0;
export let offParent: usize = 0;
export let offParentState: usize = 0;
export let offBelow: usize = 0;
export let offTable: usize = 0;
export let offProduct: usize = 0;
export let offValue: usize = 0;
export let rowBytes: usize = 0;
export let own: usize = 0; // 0, 1, 2 … by row
export let none: usize = 0; // 0 by row
export let keyLeft: usize = 0;
export let keyRight: usize = 0;
export let keyState: usize = 0;
export let rootBelow: usize = 0;
export let gains: usize = 0; // W
export let pairs: usize = 0; // contributions by pair
export let moments: usize = 0; // Σ_k p_k, and for twigs Σ_k p_k (1 − t_k), [patterns above, 2]
export let twigTables: usize = 0;

export function layOut(work: usize, depth: u32, nodes: u32, rowCount: u32, targetLanes: u32): void {
  rows = rowCount;
  padded = (rowCount + 7) & ~7;
  lanes = targetLanes;
  width = (nodes + 1) & ~1;
  valueBytes = (width * lanes) << 3;
  const most = capacity();
  rowBytes = ((most << 1) + 15) & ~15;
  offState = HEAD_BYTES;
  offAbove = offState + 2 * rowBytes;
  offParent = offAbove + rowBytes;
  offParentState = offParent + rowBytes;
  offBelow = offParentState + rowBytes;
  offTable = offBelow + 2 * rowBytes;
  offProduct = offTable + 7 * (width << 3);
  offValue = offProduct + most * (width << 3);
  levelBytes = offValue + 2 * most * valueBytes;
  own = work;
  none = own + rowBytes;
  keyLeft = none + rowBytes;
  keyRight = keyLeft + rowBytes;
  keyState = keyRight + rowBytes;
  rootBelow = keyState + rowBytes;
  levels = rootBelow + rowBytes;
  gains = levels + <usize>(depth + 1) * levelBytes;
  pairs = gains + most * valueBytes;
  moments = pairs + most * ((<usize>((lanes + 1) & ~1)) << 3);
  twigTables = moments + (most << 4);
}

export function capacity(): usize {
  return max<usize>(padded, 8);
}

export function levelAt(d: i32): usize {
  return levels + <usize>d * levelBytes;
}

/** Is `split` the right child of the split open above it? */
export function sideOf(records: usize, split: u32, d: i32): usize {
  if (d === 0) return 0;
  const above = records + ((<usize>load<u32>(levelAt(d - 1), OPEN)) << 6);
  return load<u32>(above, CHILD) === split ? 0 : 1;
}

/** Bytes of `work` that `explain` needs. */
export function workBytes(depth: u32, nodes: u32, rowCount: u32, targetLanes: u32): usize {
  layOut(0, depth, nodes, rowCount, targetLanes);
  return twigTables + ((<usize>targetLanes) << 9);
}

/** Where a walk reads and adds; the lists that every walk begins with. */
export function openGround(at: usize, input: usize, into: usize): void {
  quadrature = at;
  x = input;
  sums = into;
  for (let r: u32 = 0; r < padded; r++) {
    store<u16>(own + ((<usize>r) << 1), <u16>r);
    store<u16>(none + ((<usize>r) << 1), 0);
  }
}
