/**
 * The trainer's hot loops behind one interface, with two implementations that give the same bits: WASM SIMD and its plain twin. Pointers
 * are byte offsets into `buffer`; rows are `width` float32 long, a multiple of 8, padded with zeros. What each does is said in assembly/sae.ts.
 */
export interface SaeKernels {
  readonly name: 'wasm' | 'twin';
  readonly buffer: ArrayBuffer;
  dot(a: number, b: number, width: number): number;
  axpy(scale: number, x: number, y: number, width: number): void;
  centre(x: number, b: number, out: number, rows: number, width: number): void;
  select(
    pre: number,
    rows: number,
    n: number,
    bias: number,
    levels: number,
    levelCount: number,
    scratchValues: number,
    scratchLatents: number,
    latents: number,
    values: number,
    ends: number,
    slots: number,
  ): void;
  decode(
    x: number,
    rows: number,
    d: number,
    width: number,
    wDec: number,
    bPre: number,
    levelCount: number,
    weights: number,
    relative: number,
    latents: number,
    values: number,
    ends: number,
    slots: number,
    gradients: number,
    estimate: number,
    errors: number,
  ): void;
  byLatent(
    latents: number,
    ends: number,
    rows: number,
    levelCount: number,
    slots: number,
    n: number,
    starts: number,
    entries: number,
  ): void;
  backward(
    first: number,
    last: number,
    centred: number,
    width: number,
    wDec: number,
    levelCount: number,
    values: number,
    ends: number,
    slots: number,
    gradients: number,
    starts: number,
    entries: number,
    penalty: number,
    gDec: number,
    gEnc: number,
    gLat: number,
  ): void;
  constrain(
    n: number,
    width: number,
    wDec: number,
    wEnc: number,
    bLat: number,
    gDec: number,
    gEnc: number,
    gLat: number,
  ): number;
  adam(
    w: number,
    g: number,
    m: number,
    v: number,
    count: number,
    rate: number,
    correction: number,
    beta1: number,
    beta2: number,
    epsilon: number,
    clip: number,
  ): void;
}
