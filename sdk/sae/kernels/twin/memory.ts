/** The twin's view of the kernels' memory, and sums in the order in which four lanes make them. Offsets are in float32 values here. */

export const f32 = Math.fround;
/** Values of a segment. */
export const SEGMENT = 32;

/** One memory seen as float32, uint32 and float64. */
export class TwinMemory {
  readonly F: Float32Array;
  readonly U: Uint32Array;
  readonly D: Float64Array;
  readonly #lanes = new Float32Array(8);

  constructor(buffer: ArrayBuffer | SharedArrayBuffer) {
    this.F = new Float32Array(buffer);
    this.U = new Uint32Array(buffer);
    this.D = new Float64Array(buffer);
  }

  /** a · b in eight partial sums. */
  dot(a: number, b: number, width: number): number {
    const { F } = this;
    const lanes = this.#lanes.fill(0);
    for (let i = 0; i < width; i++) lanes[i & 7] += f32(F[a + i] * F[b + i]);
    const [l0, l1, l2, l3] = [0, 1, 2, 3].map((lane) => f32(lanes[lane] + lanes[lane + 4]));
    return f32(f32(l0 + l1) + f32(l2 + l3));
  }

  /** y += scale · x. */
  axpy(scale: number, x: number, y: number, width: number): void {
    const { F } = this;
    const factor = f32(scale);
    for (let i = 0; i < width; i++) F[y + i] += f32(factor * F[x + i]);
  }

  /** Into `lanes`: Σ over the eight vectors of two segments of the products of their four lanes, as a tree. */
  productLanes(a: number, b: number, lanes: Float32Array): void {
    const { F } = this;
    for (let lane = 0; lane < 4; lane++) {
      const product = (vector: number) => f32(F[a + 4 * vector + lane] * F[b + 4 * vector + lane]);
      const pair = (vector: number) => f32(product(vector) + product(vector + 1));
      lanes[lane] = f32(f32(pair(0) + pair(2)) + f32(pair(4) + pair(6)));
    }
  }
}
