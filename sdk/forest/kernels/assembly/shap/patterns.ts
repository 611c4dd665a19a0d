/** Patterns: rows that decide alike get one number. A map from keys to numbers is never cleared; entries below `stamp` are of earlier searches. */
import {
  ABOVE,
  ABOVE_COUNT,
  keyLeft,
  keyRight,
  keyState,
  offAbove,
  offParent,
  offParentState,
  own,
  PARENT,
  PARENT_STATE,
  rootBelow,
  rows,
} from './ground';

export const MAP_SIZE: u32 = 65536;
export let map: usize = 0;

/** Entries of the map below this are of earlier searches. */
export let stamp: u32 = 1;

export function index(list: usize, i: u32): u32 {
  return <u32>load<u16>(list + ((<usize>i) << 1));
}

export function put(list: usize, i: u32, value: u32): void {
  store<u16>(list + ((<usize>i) << 1), <u16>value);
}

/** A fresh search: the stamp above all that the map holds. */
export function begin(): u32 {
  if (stamp > 0xfff00000) {
    memory.fill(map, 0, MAP_SIZE << 2);
    stamp = 1;
  }
  return stamp;
}

/** Patterns above the children: those above the split, told apart by the states there. */
export function refine(level: usize, below: usize, state: usize): void {
  const count = load<u32>(level, ABOVE_COUNT);
  const above = <usize>load<u32>(level, ABOVE);
  if (count * 2 > rows) {
    store<u32>(below + ABOVE_COUNT, rows);
    store<u32>(below + ABOVE, <u32>own);
    store<u32>(below + PARENT, <u32>above);
    store<u32>(below + PARENT_STATE, <u32>state);
    return;
  }
  const ids = below + offAbove;
  const parent = below + offParent;
  const parentState = below + offParentState;
  const base = begin();
  const marks = map;
  let found: u32 = 0;
  for (let r: u32 = 0, n = rows; r < n; r++) {
    const a = index(above, r);
    const s = index(state, r);
    const mark = marks + ((<usize>((a << 1) | (s & 1))) << 2);
    let id = load<u32>(mark);
    if (id < base) {
      id = base + found;
      store<u32>(mark, id);
      put(parent, found, a);
      put(parentState, found, s);
      found++;
    }
    put(ids, r, id - base);
  }
  stamp = base + found;
  store<u32>(below + ABOVE_COUNT, found);
  store<u32>(below + ABOVE, <u32>ids);
  store<u32>(below + PARENT, <u32>parent);
  store<u32>(below + PARENT_STATE, <u32>parentState);
}

/** Patterns below a split: pairs of its children's, with the state. */
export function mergeBelow(belowLeft: usize, belowRight: usize, state: usize, countRight: u32, below: usize): u32 {
  const base = begin();
  const marks = map;
  let found: u32 = 0;
  for (let r: u32 = 0, n = rows; r < n; r++) {
    const a = index(belowLeft, r);
    const b = index(belowRight, r);
    const s = index(state, r);
    const mark = marks + ((<usize>((a * countRight + b) * 3 + s)) << 2);
    let id = load<u32>(mark);
    if (id < base) {
      id = base + found;
      store<u32>(mark, id);
      put(keyLeft, found, a);
      put(keyRight, found, b);
      put(keyState, found, s);
      found++;
    }
    put(below, r, id - base);
  }
  stamp = base + found;
  return found;
}

/** Numbers the pairs of patterns above and below into `rootBelow` by row; keyLeft, keyRight and keyState say what each is of. */
export function pairUp(n: u32, above: usize, below: usize, belowCount: u32, state: usize): u32 {
  const base = begin();
  const marks = map;
  const numbers = rootBelow;
  let found: u32 = 0;
  for (let r: u32 = 0; r < n; r++) {
    const a = index(above, r);
    const b = index(below, r);
    const mark = marks + ((<usize>(a * belowCount + b)) << 2);
    let id = load<u32>(mark);
    if (id < base) {
      id = base + found;
      store<u32>(mark, id);
      put(keyLeft, found, a);
      put(keyRight, found, b);
      put(keyState, found, index(state, r));
      found++;
    }
    put(numbers, r, id - base);
  }
  stamp = base + found;
  return found;
}

export function openMap(marks: usize): void {
  map = marks;
}
