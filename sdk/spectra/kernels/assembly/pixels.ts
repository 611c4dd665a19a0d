/**
 * From the pixels of a band to its mean and its five largest singular values, two bands in the two lanes of f64x2 (WASM SIMD; twin.ts is
 * the same in plain TypeScript and gives the same bits). Pointers are byte offsets. Pixels are 16-bit and unsigned, none above 32,767 where
 * they go into a Gram matrix. What the steps rest on is said in singular-values.ts.
 */
export { gramOfDoubles, gramOfPairs } from './parts/gram';
export { lanczos, traceAndSquares } from './parts/lanczos';
export { restart } from './parts/restart';
export { topFive } from './parts/roots';
export { maskedRows, pairColumns, pairRows } from './parts/rows';
export { tridiagonalise } from './parts/tridiagonal';
