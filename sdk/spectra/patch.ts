/** A patch: the pixels of one field in all bands, as HYPERVIEW and our own frames give it. What pixel features are computed from. */
import type { NumericArray } from '../base/index.ts';

export interface Patch {
  readonly bands: number;
  readonly height: number;
  readonly width: number;
  /** Values in the file's own unit, band-sequential [bands, height, width]. */
  readonly data: NumericArray;
  /** 1 where a pixel is EXCLUDED (numpy's masked-array convention), [bands, height, width], or [height, width] for all bands alike. */
  readonly mask?: Uint8Array;
}
