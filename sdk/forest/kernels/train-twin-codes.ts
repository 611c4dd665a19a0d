/** Codes of one feature, as assembly/train/codes.ts makes them. */

/** Writes the codes of the values of one feature; returns the first row whose value is not finite, or -1. */
export function codeFeature(values: Float32Array, codes: Uint16Array): number {
  const rows = values.length;
  const wrong = values.findIndex((value) => !Number.isFinite(value));
  if (wrong >= 0) return wrong;
  const order = Uint32Array.from({ length: rows }, (_, row) => row).sort((a, b) => values[a] - values[b]);
  const isNew = (i: number) => values[order[i]] !== values[order[i - 1]];
  let distinct = 1;
  for (let i = 1; i < rows; i++) if (isNew(i)) distinct++;
  let place = 0;
  let code = 0;
  for (let i = 0; i < rows; i++) {
    if (i > 0 && isNew(i)) {
      place++;
      code = distinct <= 256 ? place * 256 : Math.floor((i * 65_536) / rows);
    }
    codes[order[i]] = code;
  }
  return -1;
}
