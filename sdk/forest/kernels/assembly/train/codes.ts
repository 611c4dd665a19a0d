// Codes of features: 16 bits that order the values of a feature as the values themselves do.

const RADIX: usize = 2048;

/**
 * Sorts the float32 values of one feature, f32 [rows], and writes their codes, u16 [rows]: the number of rows with lower values, stretched
 * to 16 bits; or, where there are at most 256 distinct values, 256 times the place among them, so that each has a high byte of its own.
 * `scratch`: u64 [2, rows], then u32 [3, 2048]. Returns the first row whose value is not finite, or -1.
 */
export function codeFeature(values: usize, rows: i32, codes: usize, scratch: usize): i32 {
  let from = scratch;
  let to = scratch + ((<usize>rows) << 3);
  const histograms = to + ((<usize>rows) << 3);
  memory.fill(histograms, 0, 3 * RADIX * 4);
  for (let row = 0; row < rows; row++) {
    // -0 + 0 = 0: both zeros are one value
    let bits = reinterpret<u32>(load<f32>(values + ((<usize>row) << 2)) + 0);
    if ((bits & 0x7f800000) === 0x7f800000) return row;
    bits ^= <u32>(<i32>bits >> 31) | 0x80000000; // now they sort as the values do
    store<u64>(from + ((<usize>row) << 3), ((<u64>bits) << 32) | <u64>row);
    count(histograms, bits & 2047);
    count(histograms + RADIX * 4, (bits >>> 11) & 2047);
    count(histograms + RADIX * 8, bits >>> 22);
  }
  for (let pass: u32 = 0; pass < 3; pass++) {
    const histogram = histograms + <usize>pass * RADIX * 4;
    let start: u32 = 0;
    for (let digit: usize = 0; digit < RADIX; digit++) {
      const here = load<u32>(histogram + (digit << 2));
      store<u32>(histogram + (digit << 2), start);
      start += here;
    }
    const shift = <u64>(32 + 11 * pass);
    for (let i: usize = 0; i < <usize>rows; i++) {
      const key = load<u64>(from + (i << 3));
      const at = histogram + ((<usize>(key >> shift) & 2047) << 2);
      const place = load<u32>(at);
      store<u32>(at, place + 1);
      store<u64>(to + ((<usize>place) << 3), key);
    }
    const kept = from;
    from = to;
    to = kept;
  }
  writeCodes(from, rows, codes);
  return -1;
}

function count(histogram: usize, digit: u32): void {
  const at = histogram + ((<usize>digit) << 2);
  store<u32>(at, load<u32>(at) + 1);
}

function writeCodes(sorted: usize, rows: i32, codes: usize): void {
  let distinct = 1;
  for (let i = 1; i < rows; i++) {
    const at = sorted + ((<usize>i) << 3);
    if (load<u32>(at, 4) !== load<u32>(at - 8, 4)) distinct++;
  }
  let code: u32 = 0;
  let place: u32 = 0;
  for (let i = 0; i < rows; i++) {
    const at = sorted + ((<usize>i) << 3);
    if (i > 0 && load<u32>(at, 4) !== load<u32>(at - 8, 4)) {
      place++;
      code = distinct <= 256 ? place << 8 : <u32>(((<u64>i) << 16) / <u64>rows);
    }
    store<u16>(codes + ((<usize>load<u32>(at)) << 1), <u16>code);
  }
}
