/** Where the parts of a patch's reduction lie in the memory of the pixel kernels. */
import { SIGMAS } from './view.ts';

/** Two bands side by side in float64. */
const LANE_BYTES = 16;
/** Short side from which Lanczos' method pays. */
const LANCZOS_FROM = 36;
/** Numbers of its steps after which its roots are tried. */
export const LANCZOS_CHECKS = [11, 12, 13, 14, 16, 18, 20, 22];
const MAX_STEPS = LANCZOS_CHECKS[LANCZOS_CHECKS.length - 1];

/** Where things lie in the kernels' memory for one size of patch. */
export interface PixelLayout {
  readonly h: number;
  readonly w: number;
  /** Rows at least as many as columns: the Gram matrix is over columns. */
  readonly tall: boolean;
  readonly short: number;
  readonly long: number;
  /** Width of a row of pixels, a multiple of 8. */
  readonly width: number;
  /** Rows of pixels, a multiple of 4. */
  readonly rows: number;
  readonly data: number;
  readonly mask: number;
  readonly figures: number;
  /** Pixels of two bands, so many bytes each. */
  readonly x: number;
  readonly laneBytes: number;
  readonly words: number;
  readonly doubles: number;
  readonly scales: number;
  /** What the lines of integer pixels add to their products. */
  readonly shifts: number;
  readonly a: number;
  readonly vectors: number;
  readonly d: number;
  readonly e2: number;
  readonly room: number;
  readonly roots: number;
  /** Copy of d and e2. */
  readonly spare: number;
  /** Lanczos' vectors, the first of them where it starts; 0 where the patch is too small for it to pay. */
  readonly basis: number;
  /** Trace and sum of squares of the Gram matrices. */
  readonly sums: number;
  readonly bytes: number;
}

/** Parts for patches of h × w pixels; without `sigma` only what the mean needs, the others at 0. */
export function layoutFor(h: number, w: number, sigma: boolean): PixelLayout {
  const tall = h >= w;
  const [short, long] = tall ? [w, h] : [h, w];
  const width = 8 * Math.ceil(w / 8);
  const rows = 4 * Math.ceil(h / 4);
  let bytes = LANE_BYTES; // no part lies at 0, which stands for "none"
  const take = (size: number) => {
    const at = bytes;
    bytes += LANE_BYTES * Math.ceil(size / LANE_BYTES);
    return at;
  };
  const data = take(2 * h * w + LANE_BYTES);
  const mask = take(h * w + LANE_BYTES);
  const figures = take(32);
  const laneBytes = 2 * rows * width;
  const part = (size: number) => (sigma ? take(size) : 0);
  const parts = {
    h,
    w,
    tall,
    short,
    long,
    width,
    rows,
    data,
    mask,
    figures,
    x: part(2 * laneBytes),
    laneBytes,
    words: part(2 * laneBytes),
    doubles: part(8 * short * (long + 1)),
    scales: part(8 * (short + 4)),
    shifts: part(LANE_BYTES * (short + 4)),
    a: part(LANE_BYTES * ((short * (short + 1)) / 2)),
    vectors: part(4 * LANE_BYTES * short),
    d: part(LANE_BYTES * short),
    e2: part(LANE_BYTES * short),
    room: part(4 * MAX_STEPS * LANE_BYTES),
    roots: part(SIGMAS * LANE_BYTES),
    spare: part(2 * LANE_BYTES * short),
    basis: sigma && short >= LANCZOS_FROM ? take((MAX_STEPS + 1) * LANE_BYTES * short) : 0,
    sums: part(2 * LANE_BYTES),
  };
  return { ...parts, bytes };
}
