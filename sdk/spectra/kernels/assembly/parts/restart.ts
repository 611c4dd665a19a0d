/** Where Lanczos' method starts from when the matrices before are known. */
import { squaresOf } from './lanczos';

const ZERO = f64x2.splat(0);

/**
 * Makes the first vector of the basis the sum of the five vectors whose eigenvalues were found in `steps` steps: where the next two matrices
 * are like these, fewer steps will do from there. d, e2 and roots as of lanczos and topFive; room: f64x2 [4 · steps]. A lane whose vectors
 * ended early keeps its first vector.
 */
export function restart(n: i32, basis: usize, steps: i32, d: usize, e2: usize, roots: usize, room: usize): void {
  const size = n << 4;
  const bytes = steps << 4;
  const sums = room + bytes;
  memory.fill(sums, 0, bytes);
  const couplings = sums + bytes;
  const inverses = couplings + bytes;
  for (let i = 16; i < bytes; i += 16) {
    const coupling = f64x2.sqrt(v128.load(e2 + i));
    v128.store(couplings + i, coupling);
    v128.store(inverses + i, f64x2.div(f64x2.splat(1), coupling));
  }
  for (let k = 0; k < 5; k++) {
    // the eigenvector of the tridiagonal matrix from its last entry up: the way in which it grows
    const root = v128.load(roots + (k << 4));
    let after = ZERO;
    let here = f64x2.splat(1);
    let squares = here;
    let below = ZERO;
    v128.store(room + bytes - 16, here);
    for (let i = bytes - 16; i > 0; i -= 16) {
      const product = f64x2.mul(f64x2.sub(root, v128.load(d + i)), here);
      const before = f64x2.mul(f64x2.sub(product, f64x2.mul(below, after)), v128.load(inverses + i));
      after = here;
      here = before;
      below = v128.load(couplings + i);
      squares = f64x2.add(squares, f64x2.mul(here, here));
      v128.store(room + i - 16, here);
    }
    const scale = f64x2.div(f64x2.splat(1), f64x2.sqrt(squares));
    for (let i = 0; i < bytes; i += 16)
      v128.store(sums + i, f64x2.add(v128.load(sums + i), f64x2.mul(v128.load(room + i), scale)));
  }
  const to = basis + steps * size; // the last vector is not needed any more
  memory.fill(to, 0, size);
  for (let i = 0, q = basis; i < bytes; i += 16, q += size) {
    const share = v128.load(sums + i);
    for (let k = 0; k < size; k += 16)
      v128.store(to + k, f64x2.add(v128.load(to + k), f64x2.mul(share, v128.load(q + k))));
  }
  // of five orthonormal vectors: near 5. Its length must be right to the last bit, or errors would grow from band to band
  const squares = squaresOf(to, size);
  const isRight = v128.and(f64x2.gt(squares, f64x2.splat(1)), f64x2.lt(squares, f64x2.splat(9)));
  const scale = f64x2.div(f64x2.splat(1), f64x2.sqrt(squares));
  for (let k = 0; k < size; k += 16) {
    const unit = f64x2.mul(v128.load(to + k), scale);
    v128.store(basis + k, v128.bitselect(unit, v128.load(basis + k), isRight));
  }
}
