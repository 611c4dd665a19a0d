/**
 * Growing of trees behind one interface, with two implementations that give the same bits: WASM SIMD and its plain twin. Pointers are byte
 * offsets into `buffer`. What each does is said in assembly/train.ts and assembly/train/.
 */
export interface TrainKernels {
  readonly name: 'wasm' | 'twin';
  readonly buffer: ArrayBuffer;
  /** Codes of one feature; the first row whose value is not finite, or -1. */
  codeFeature(values: number, rows: number, codes: number, scratch: number): number;
  /** Reads the fields of a `TrainLayout` from `at`. */
  configure(at: number): void;
  /** Grows one tree on the rows of the bag; returns its number of nodes. */
  grow(state: number, isExtra: boolean): number;
}
