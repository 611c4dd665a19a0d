/**
 * The hot loops of pixel features behind one interface, with two implementations that give the same bits: WASM SIMD and its plain twin.
 * Pointers are byte offsets into `buffer`. What each does is said in assembly/pixels.ts.
 */
export interface PixelKernels {
  readonly name: 'wasm' | 'twin';
  readonly buffer: ArrayBuffer;
  maskedRows(data: number, mask: number, h: number, w: number, out: number, width: number, figures: number): void;
  pairRows(x0: number, x1: number, h: number, width: number, centre0: number, centre1: number, out: number): void;
  pairColumns(x0: number, x1: number, side: number, width: number, centre0: number, centre1: number, out: number): void;
  gramOfPairs(
    words: number,
    depth: number,
    chunk: number,
    side: number,
    n: number,
    centre0: number,
    centre1: number,
    scale: number,
    shift: number,
    a: number,
  ): void;
  gramOfDoubles(x: number, depth: number, n: number, a: number, lane: number): void;
  tridiagonalise(n: number, a: number, vectors: number, d: number, e2: number): void;
  traceAndSquares(n: number, a: number, out: number): void;
  lanczos(n: number, a: number, basis: number, from: number, to: number, d: number, e2: number, room: number): void;
  restart(n: number, basis: number, steps: number, d: number, e2: number, roots: number, room: number): void;
  topFive(n: number, d: number, e2: number, room: number, roots: number): number;
}
