/**
 * The trainer's hot loops behind one interface, with two implementations that give the same bits: WASM SIMD and its plain twin. Pointers
 * are byte offsets into `buffer`; rows are `width` float32 long, a multiple of 32, padded with zeros. What each does is said in assembly/sae/.
 */
import type { ScreenKernels } from '../screen.ts';

export interface SaeKernels extends Pick<ScreenKernels, 'select'> {
  readonly name: 'wasm' | 'twin';
  readonly buffer: ArrayBuffer | SharedArrayBuffer;
  dot(a: number, b: number, width: number): number;
  axpy(scale: number, x: number, y: number, width: number): void;
  centre(x: number, b: number, out: number, rows: number, width: number): void;
  pack(source: number, first: number, last: number, rows: number, width: number, segments: number): void;
  unpack(segments: number, rows: number, levelCount: number, level: number, width: number, target: number): void;
  merge(
    candidateLatents: number,
    candidateValues: number,
    counts: number,
    candidateSlots: number,
    parts: number,
    first: number,
    last: number,
    rows: number,
    levels: number,
    levelCount: number,
    scratchValues: number,
    scratchLatents: number,
    scratchAll: number,
    scratchRest: number,
    latents: number,
    values: number,
    ends: number,
    slots: number,
  ): void;
  inversePowers(x: number, rows: number, d: number, width: number, relative: number, inverse: number): void;
  decode(
    targets: number,
    inverse: number,
    first: number,
    last: number,
    rows: number,
    width: number,
    atoms: number,
    n: number,
    levelCount: number,
    weights: number,
    latents: number,
    values: number,
    ends: number,
    slots: number,
    gradients: number,
    squares: number,
  ): void;
  levelErrors(
    squares: number,
    inverse: number,
    first: number,
    last: number,
    levelCount: number,
    d: number,
    errors: number,
  ): void;
  byLatent(
    latents: number,
    values: number,
    ends: number,
    rows: number,
    levelCount: number,
    slots: number,
    first: number,
    last: number,
    starts: number,
    residuals: number,
    rowsOf: number,
    activations: number,
  ): void;
  derive(
    count: number,
    n: number,
    width: number,
    atoms: number,
    gradients: number,
    gradientCount: number,
    starts: number,
    residuals: number,
    penalty: number,
    derivatives: number,
    gLat: number,
    activations: number,
    gDec: number,
    adds: number,
  ): void;
  sumRows(
    count: number,
    n: number,
    width: number,
    segments: number,
    segmentRows: number,
    starts: number,
    places: number,
    scales: number,
    sums: number,
    adds: number,
  ): void;
  addLevel(gradients: number, rows: number, levelCount: number, width: number, sum: number): void;
  subtractRows(scales: number, x: number, count: number, width: number, y: number): void;
  squaredNorm(
    count: number,
    n: number,
    width: number,
    atoms: number,
    gDec: number,
    gEnc: number,
    gLat: number,
    sums: number,
  ): number;
  stepAtoms(
    count: number,
    n: number,
    width: number,
    w: number,
    g: number,
    m: number,
    v: number,
    sums: number,
    norms: number,
    rate: number,
    correction: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    clip: number,
  ): void;
  stepRows(
    count: number,
    n: number,
    width: number,
    w: number,
    g: number,
    m: number,
    v: number,
    norms: number,
    rate: number,
    correction: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    clip: number,
  ): void;
  stepValues(
    count: number,
    w: number,
    g: number,
    m: number,
    v: number,
    rate: number,
    correction: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    clip: number,
  ): void;
}
