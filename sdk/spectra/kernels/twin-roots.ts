/** One lane of `topFive` in assembly/pixels.ts in plain TypeScript: the same numbers, bit by bit. */
const ROOTS = 5;
const MAX_STEPS = 60;

const bits = new Float64Array(1);
const words = new Uint32Array(bits.buffer);

/**
 * The five largest eigenvalues of a positive semidefinite tridiagonal matrix: its diagonal and squared couplings are every second double
 * of D from d and e2 on (overwritten), the roots go to every second from `roots` on. True where it would not vouch for them.
 */
export function topFiveOfLane(D: Float64Array, n: number, d: number, e2: number, roots: number): boolean {
  const bound = scaleToOne(D, n, d, e2);
  const tiny = n * 2.3e-16;
  let rest = 0;
  for (let i = 0; i < n; i++) rest += D[d + 2 * i];
  let doubtful = false;
  let anchor = { x: 1.01, ...evaluate(D, n, d, e2, 1.01) };
  let before = anchor.x;
  for (let k = 0; k < ROOTS; k++) {
    const found = k < n && rest > tiny;
    if (k === 1 && found) {
      const x = rest + tiny;
      anchor = { x, ...evaluate(D, n, d, e2, x) };
      doubtful ||= anchor.count > 1;
    }
    let { x, s1, s2 } = anchor;
    let count = k;
    let step = Number.POSITIVE_INFINITY;
    for (let round = 0; found; round++) {
      if (round === MAX_STEPS) {
        doubtful = true;
        break;
      }
      const dx = laguerre(n - k, k, x, s1, s2, D, roots);
      const to = x - dx;
      const below = count > k;
      doubtful ||= below && dx > 0;
      if (!below && dx >= to * 0.1) anchor = { ...anchor, x, s1, s2 };
      x = to;
      const size = Math.abs(dx);
      const place = Math.abs(x);
      if (size <= place * 1e-8 + 1e-17 || (size <= place * 1e-5 && size <= step * 1e-3)) break;
      step = size;
      const at = evaluate(D, n, d, e2, x);
      ({ s1, s2, count } = at);
      if (at.isRoot) break;
      doubtful ||= count > k + 1;
    }
    if (!found) x = 0;
    doubtful ||= !(x <= before * 1.0000001) && found;
    before = x;
    rest -= x;
    D[roots + 2 * k] = x;
  }
  for (let k = 0; k < ROOTS; k++) D[roots + 2 * k] *= bound;
  return doubtful;
}

function scaleToOne(D: Float64Array, n: number, d: number, e2: number): number {
  let bound = 0;
  let coupling = 0;
  for (let i = 0; i < n; i++) {
    const after = i + 1 < n ? Math.sqrt(D[e2 + 2 * (i + 1)]) : 0;
    const reach = D[d + 2 * i] + coupling + after;
    if (reach > bound) bound = reach;
    coupling = after;
  }
  const inverse = bound > 0 ? 1 / bound : 0;
  const inverse2 = inverse * inverse;
  for (let i = 0; i < n; i++) {
    D[d + 2 * i] *= inverse;
    D[e2 + 2 * i] *= inverse2;
  }
  return bound;
}

function evaluate(D: Float64Array, n: number, d: number, e2: number, x: number) {
  let [p0, p, q0, q, r0, r] = [0, 1, 0, 0, 0, 0];
  let count = 0;
  let negative = false;
  for (let i = 0; i < n; i++) {
    const t = x - D[d + 2 * i];
    const b = D[e2 + 2 * i];
    const p1 = t * p - b * p0;
    const q1 = t * q + p - b * q0;
    const r1 = t * r + q - b * r0;
    if (p1 < 0 !== negative) count++;
    negative = p1 < 0;
    p0 = p;
    p = p1;
    q0 = q;
    q = q1;
    r0 = r;
    r = r1;
    if ((i & 7) === 7) {
      const factor = reciprocalPower(Math.abs(p) + Math.abs(p0));
      p *= factor;
      p0 *= factor;
      q *= factor;
      q0 *= factor;
      r *= factor;
      r0 *= factor;
    }
  }
  const s1 = q / p;
  return { s1, s2: s1 * s1 - 2 * (r / p), count, isRoot: p === 0 };
}

/** 2^−e of a number in [2^e, 2^(e+1)). */
function reciprocalPower(size: number): number {
  bits[0] = size;
  words[1] = 0x7fe00000 - (words[1] & 0x7ff00000);
  words[0] = 0;
  return bits[0];
}

function laguerre(
  degree: number,
  found: number,
  x: number,
  s1: number,
  s2: number,
  D: Float64Array,
  roots: number,
): number {
  let [first, second] = [s1, s2];
  for (let k = 0; k < found; k++) {
    const inverse = 1 / (x - D[roots + 2 * k]);
    first -= inverse;
    second -= inverse * inverse;
  }
  const under = (degree - 1) * (degree * second - first * first);
  const root = under > 0 ? Math.sqrt(under) : 0;
  return degree / (first + (first < 0 ? -root : root));
}
