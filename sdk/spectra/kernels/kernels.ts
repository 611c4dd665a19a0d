/**
 * The hot loops of pixel features behind one interface, with two implementations that give the same bits: WASM SIMD and its plain twin.
 * Pointers are byte offsets into `buffer`. What each does is said in assembly/pixels.ts.
 */
export interface PixelKernels {
  readonly name: 'wasm' | 'twin';
  readonly buffer: ArrayBuffer;
  maskedRows(data: number, mask: number, h: number, w: number, out: number, width: number, figures: number): void;
  pairRows(x: number, h: number, width: number, out: number): void;
  pairColumns(x: number, side: number, width: number, out: number): void;
  gramOfPairs(
    words: number,
    depth: number,
    chunk: number,
    side: number,
    n: number,
    scale: number,
    a: number,
    lane: number,
  ): void;
  gramOfDoubles(x: number, depth: number, n: number, a: number, lane: number): void;
  tridiagonalise(n: number, a: number, vectors: number, d: number, e2: number): void;
  traceAndSquares(n: number, a: number, out: number): void;
  lanczos(n: number, a: number, basis: number, from: number, to: number, d: number, e2: number, room: number): void;
  topFive(n: number, d: number, e2: number, room: number, roots: number): number;
}
