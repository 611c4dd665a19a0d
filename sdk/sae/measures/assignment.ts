/**
 * The linear assignment problem: each row gets a column of its own so that the sum of costs is least. Augmenting row reduction, then shortest
 * augmenting paths with dual prices (Jonker & Volgenant 1987; the rectangular form of Crouse 2016, doi:10.1109/TAES.2016.140952). Exact,
 * O(rows²·columns) at worst. 2,560 × 2,560 takes seconds at most on one core.
 */
import { NadirError } from '../../base/index.ts';

/** Rounds of augmenting row reduction: most rows find their column in the first few, the paths do the rest. */
const REDUCTION_ROUNDS = 8;
const FREE = -1;

/**
 * Column of each row in an assignment of least cost, Int32Array [rows]; where there are more rows than columns, those left over have −1.
 * @param cost [rows, columns], finite
 */
export function assign(cost: Float32Array | Float64Array, rows: number, columns: number): Int32Array {
  if (cost.length !== rows * columns || !cost.every(Number.isFinite))
    throw new NadirError({
      what: `costs are not ${rows} × ${columns} finite numbers`,
      where: 'assignment',
      remedy: 'Give one finite cost for each row and column',
    });
  if (rows <= columns) return assignWide(cost, rows, columns);
  const turned = new Float64Array(cost.length);
  for (let i = 0; i < rows; i++) for (let j = 0; j < columns; j++) turned[j * rows + i] = cost[i * columns + j];
  const rowOf = assignWide(turned, columns, rows);
  const result = new Int32Array(rows).fill(FREE);
  rowOf.forEach((row, column) => {
    result[row] = column;
  });
  return result;
}

/** The same where there are no more rows than columns. */
function assignWide(cost: Float32Array | Float64Array, rows: number, columns: number): Int32Array {
  const columnOf = new Int32Array(rows).fill(FREE);
  const rowOf = new Int32Array(columns).fill(FREE);
  // prices of columns, never above 0, and 0 as long as a column is free: that makes the rectangular case exact
  const price = new Float64Array(columns);
  const free = reduceRows(cost, columns, columnOf, rowOf, price);
  const distance = new Float64Array(columns);
  const before = new Int32Array(columns);
  const open = new Int32Array(columns);
  for (const start of free) augment(cost, columns, start, columnOf, rowOf, price, distance, before, open);
  return columnOf;
}

/** Auction without slack: a free row takes its best column, and lowers its price by the lead over the second best. Gives the rows still free. */
function reduceRows(
  cost: Float32Array | Float64Array,
  columns: number,
  columnOf: Int32Array,
  rowOf: Int32Array,
  price: Float64Array,
): number[] {
  let free = Array.from(columnOf.keys());
  if (columns < 2) return free;
  for (let round = 0; round < REDUCTION_ROUNDS && free.length > 0; round++) {
    const left: number[] = [];
    for (const row of free) {
      let [best, second, at] = [Infinity, Infinity, 0];
      for (let j = 0, c = row * columns; j < columns; j++, c++) {
        const reduced = cost[c] - price[j];
        if (reduced < best) {
          second = best;
          best = reduced;
          at = j;
        } else if (reduced < second) second = reduced;
      }
      const holder = rowOf[at];
      if (holder !== FREE && !(best < second)) {
        left.push(row); // a tie: taking the column would only move the question
        continue;
      }
      price[at] -= second - best;
      columnOf[row] = at;
      rowOf[at] = row;
      if (holder !== FREE) {
        columnOf[holder] = FREE;
        left.push(holder);
      }
    }
    free = left;
  }
  return free;
}

/** Dijkstra over reduced costs from a free row to the nearest free column; swaps along the path and sets the prices that prove it. */
function augment(
  cost: Float32Array | Float64Array,
  columns: number,
  start: number,
  columnOf: Int32Array,
  rowOf: Int32Array,
  price: Float64Array,
  distance: Float64Array,
  before: Int32Array,
  open: Int32Array,
): void {
  distance.fill(Infinity);
  for (let j = 0; j < columns; j++) open[j] = j;
  let openCount = columns;
  let row = start;
  let reached = 0;
  let end = FREE;
  // closed columns are swapped behind the open ones
  while (end === FREE) {
    // a held row's own column has reduced cost 0 on its dual, so the row's dual is that column's
    const own = columnOf[row];
    const dual = own === FREE ? 0 : cost[row * columns + own] - price[own];
    let [nearest, at] = [Infinity, 0];
    for (let k = 0, base = row * columns; k < openCount; k++) {
      const j = open[k];
      const through = reached + (cost[base + j] - price[j] - dual);
      if (through < distance[j]) {
        distance[j] = through;
        before[j] = row;
      }
      if (distance[j] < nearest || (distance[j] === nearest && rowOf[j] === FREE)) {
        nearest = distance[j];
        at = k;
      }
    }
    reached = nearest;
    const column = open[at];
    open[at] = open[--openCount];
    open[openCount] = column;
    if (rowOf[column] === FREE) end = column;
    else row = rowOf[column];
  }
  for (let k = openCount; k < columns; k++) price[open[k]] += distance[open[k]] - reached;
  for (let column = end; ; ) {
    const holder = before[column];
    const next = columnOf[holder];
    columnOf[holder] = column;
    rowOf[column] = holder;
    if (holder === start) return;
    column = next;
  }
}
