/**
 * Which samples to train on and which to hold out, by their spectra alone: Kennard and Stone (1969, Technometrics 11:137) spreads the training
 * rows evenly over what was measured; DUPLEX (Snee 1977, Technometrics 19:415) spreads both halves alike. Distances are Euclidean.
 */

/**
 * The `count` rows that Kennard–Stone takes, in its order: the two farthest apart, then always the row whose nearest taken row is
 * farthest. Ties go to the earlier row.
 * @param x [n, width]
 */
export function kennardStone(x: Float32Array | Float64Array, n: number, count: number): Uint32Array {
  if (count < 2 || count > n) throw new RangeError(`Kennard–Stone takes 2 to ${n} rows, not ${count}`);
  const apart = distances(x, n);
  const free = new Uint8Array(n).fill(1);
  const pair = farthestPair(apart, n, free);
  const taken = new Uint32Array(count);
  const nearest = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  for (let i = 0; i < count; i++) {
    taken[i] = i < 2 ? pair[i] : farthest(nearest, free);
    claim(taken[i], apart, nearest, free);
  }
  return taken;
}

/**
 * The `count` rows that DUPLEX holds out, in its order: the two farthest apart are trained on, the two farthest of the rest held
 * out; then each side takes in turn the row that is farthest from its own nearest, until the held-out side is full.
 */
export function duplex(x: Float32Array | Float64Array, n: number, count: number): Uint32Array {
  if (count < 2 || 2 * count > n) throw new RangeError(`DUPLEX holds out 2 to ${Math.floor(n / 2)} rows, not ${count}`);
  const apart = distances(x, n);
  const free = new Uint8Array(n).fill(1);
  const toTrained = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const toHeld = new Float64Array(n).fill(Number.POSITIVE_INFINITY);
  const held: number[] = [];
  for (const row of farthestPair(apart, n, free)) claim(row, apart, toTrained, free);
  for (const row of farthestPair(apart, n, free)) {
    claim(row, apart, toHeld, free);
    held.push(row);
  }
  while (held.length < count) {
    claim(farthest(toTrained, free), apart, toTrained, free);
    const row = farthest(toHeld, free);
    claim(row, apart, toHeld, free);
    held.push(row);
  }
  return Uint32Array.from(held);
}

/** Squared distance of two rows. */
type Distances = (a: number, b: number) => number;

function distances(x: Float32Array | Float64Array, n: number): Distances {
  const width = x.length / n;
  if (!Number.isInteger(width)) throw new RangeError(`${x.length} values are not ${n} rows`);
  return (a, b) => {
    let sum = 0;
    for (let i = 0; i < width; i++) sum += (x[a * width + i] - x[b * width + i]) ** 2;
    return sum;
  };
}

function farthestPair(apart: Distances, n: number, free: Uint8Array): [number, number] {
  let pair: [number, number] = [-1, -1];
  let most = -1;
  for (let a = 0; a < n; a++) {
    if (!free[a]) continue;
    for (let b = a + 1; b < n; b++) {
      if (!free[b]) continue;
      const distance = apart(a, b);
      if (distance > most) {
        most = distance;
        pair = [a, b];
      }
    }
  }
  return pair;
}

function farthest(nearest: Float64Array, free: Uint8Array): number {
  let best = -1;
  for (let row = 0; row < nearest.length; row++)
    if (free[row] && (best < 0 || nearest[row] > nearest[best])) best = row;
  return best;
}

/** Marks a row as taken and lets every row know how near it lies. */
function claim(row: number, apart: Distances, nearest: Float64Array, free: Uint8Array): void {
  free[row] = 0;
  for (let other = 0; other < free.length; other++)
    if (free[other]) nearest[other] = Math.min(nearest[other], apart(row, other));
}
