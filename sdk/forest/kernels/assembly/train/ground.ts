// What all trees of a forest are grown on: sizes, and where things lie in the memory. ../../train-layout.ts writes the same fields in the
// same order.

/** Rows trained on. */
export let rows: i32 = 0;
export let features: i32 = 0;
/** Blocks of four targets, the last padded with zeros. */
export let blocks: i32 = 0;
export let minLeaf: i32 = 0;
export let mtry: i32 = 0;
/** Bytes of a row of the table. */
export let stride: usize = 0;
/** The table [rows, features]: u16 codes, or float32 values for extra trees. */
export let table: usize = 0;
/** f64 [rows, lanes], lanes = 4 · blocks. */
export let y: usize = 0;
/** f64 [lanes]: one over a target's SD. */
export let inverseSd: usize = 0;
/** u16 [rows]: how often the bag of the tree holds each row. */
export let bag: usize = 0;
/** u32 [features]: the features, shuffled by drawing. */
export let columns: usize = 0;

/** Of nodes in preorder: i32 the feature, -1 at a leaf. */
export let outFeature: usize = 0;
/** i32 right child; the left one is the next node. */
export let outRight: usize = 0;
/** u32 row of the highest value on the left; extra trees: f32 threshold. */
export let outLow: usize = 0;
/** u32 row of the lowest value on the right. */
export let outHigh: usize = 0;
/** u32 rows in the node, with their weights. */
export let outCover: usize = 0;
/** f64 [nodes, lanes] */
export let outValue: usize = 0;

/** u32 [rows]: rows of the tree, those of a node together. */
export let list: usize = 0;
/** u32 [rows] */
export let spare: usize = 0;
/** u32 [rows]: addresses of the table's rows, of the node's positions. */
export let bases: usize = 0;
/** f32 [blocks, positions, 4]: weight · (target − node mean) / SD. */
export let centred: usize = 0;
/** i64 [positions]: the weight, and 1 · 2³² for the row. */
export let counts: usize = 0;
/** i16 [blocks, positions, 8]: as centred, scaled to integers; the weight in lane 4; of nodes of at most 128 rows. */
export let records: usize = 0;
/** Nodes to come: u32 start, end, parent, whether on the left. */
export let stack: usize = 0;
/** u32 [features]: the features drawn for a node; u8 [features]: marks; u32 [groups]: order of groups. */
export let drawn: usize = 0;
export let marks: usize = 0;
export let groups: usize = 0;
/** v128 [128]: keys of eight features; [128] offsets into records; f32 [128, 8] squares of the blocks before. */
export let keys: usize = 0;
export let offsets: usize = 0;
export let squares: usize = 0;
/** u16 pairs of addresses within keys: a sorting network. */
export let network: usize = 0;
/** f32x4 [256] sums and f32 [256] scores of the subsets of up to eight rows. */
export let subsetSums: usize = 0;
export let subsetScores: usize = 0;
/** [4, 256, 32 bytes] histograms; f32 [4, 256] squares of the blocks before. Extra trees: f32 [rows, 8] values of eight features. */
export let histograms: usize = 0;
export let binSquares: usize = 0;
/** 128 bytes: what is known of the eight features at hand. */
export let group: usize = 0;

/** Reads the fields, i32 each, at `at`. */
export function configure(at: usize): void {
  rows = load<i32>(at);
  features = load<i32>(at, 4);
  blocks = load<i32>(at, 8);
  minLeaf = load<i32>(at, 12);
  mtry = load<i32>(at, 16);
  stride = load<u32>(at, 20);
  table = load<u32>(at, 24);
  y = load<u32>(at, 28);
  inverseSd = load<u32>(at, 32);
  bag = load<u32>(at, 36);
  columns = load<u32>(at, 40);
  outFeature = load<u32>(at, 44);
  outRight = load<u32>(at, 48);
  outLow = load<u32>(at, 52);
  outHigh = load<u32>(at, 56);
  outCover = load<u32>(at, 60);
  outValue = load<u32>(at, 64);
  list = load<u32>(at, 68);
  spare = load<u32>(at, 72);
  bases = load<u32>(at, 76);
  centred = load<u32>(at, 80);
  counts = load<u32>(at, 84);
  records = load<u32>(at, 88);
  stack = load<u32>(at, 92);
  drawn = load<u32>(at, 96);
  marks = load<u32>(at, 100);
  groups = load<u32>(at, 104);
  keys = load<u32>(at, 108);
  offsets = load<u32>(at, 112);
  squares = load<u32>(at, 116);
  network = load<u32>(at, 120);
  subsetSums = load<u32>(at, 124);
  subsetScores = load<u32>(at, 128);
  histograms = load<u32>(at, 132);
  binSquares = load<u32>(at, 136);
  group = load<u32>(at, 140);
}
