/** Where everything that growing trees needs lies in a kernel's memory. The fields are those of assembly/train/ground.ts, in its order. */

/** Most rows of a node that the kernels sort. */
const SORTED_ROWS = 128;
/** Comparisons of the network that sorts so many. */
const MOST_COMPARISONS = 1472;

interface TrainShape {
  readonly rows: number;
  readonly features: number;
  readonly targets: number;
  readonly minLeaf: number;
  readonly mtry: number;
  /** Extra trees read float32 values, others 16-bit codes. */
  readonly isExtra: boolean;
}

/** Byte offsets by name, and the bytes in all. */
export type TrainLayout = ReturnType<typeof layOut>;

export function layOut({ rows, features, targets, minLeaf, mtry, isExtra }: TrainShape) {
  const blocks = Math.ceil(targets / 4);
  const nodes = 2 * rows;
  const stride = features * (isExtra ? 4 : 2);
  let bytes = 256; // the fields themselves
  const take = (size: number) => {
    const at = bytes;
    bytes += Math.ceil(size / 16) * 16;
    return at;
  };
  const fields = {
    rows,
    features,
    blocks,
    minLeaf,
    mtry,
    stride,
    table: take(rows * stride),
    y: take(rows * blocks * 32),
    inverseSd: take(blocks * 32),
    bag: take(rows * 2),
    columns: take(features * 4),
    outFeature: take(nodes * 4),
    outRight: take(nodes * 4),
    outLow: take(nodes * 4),
    outHigh: take(nodes * 4),
    outCover: take(nodes * 4),
    outValue: take(nodes * blocks * 32),
    list: take(rows * 4),
    spare: take((rows + 1) * 4),
    bases: take(rows * 4),
    centred: take(rows * blocks * 16),
    counts: take(rows * 8),
    records: take(SORTED_ROWS * blocks * 16),
    stack: take((rows + 2) * 12),
    drawn: take((features + 1) * 4),
    marks: take(features),
    groups: take((features + 8) * 4),
    keys: take(SORTED_ROWS * 16),
    offsets: take(SORTED_ROWS * 16),
    squares: take(SORTED_ROWS * 32),
    network: take(MOST_COMPARISONS * 4),
    subsetSums: take(256 * 16),
    subsetScores: take(256 * 4),
    histograms: take(Math.max(4 * 256 * 32, isExtra ? rows * 32 : 0)),
    binSquares: take(4 * 256 * 4),
    group: take(128),
  };
  return { ...fields, bytes };
}

/** Reads the fields from the start of the memory. */
export function readFields(buffer: ArrayBuffer): TrainLayout {
  const sample = layOut({ rows: 1, features: 1, targets: 1, minLeaf: 1, mtry: 1, isExtra: false });
  const numbers = new Int32Array(buffer);
  return Object.fromEntries(Object.keys(sample).map((name, i) => [name, numbers[i]])) as TrainLayout;
}

/** Writes the fields to the start of the memory, where `configure(0)` reads them. */
export function writeFields(buffer: ArrayBuffer, { bytes: _, ...fields }: TrainLayout): void {
  new Int32Array(buffer).set(Object.values(fields));
}
