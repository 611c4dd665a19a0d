/**
 * The eight symmetries of the square, applied to a planar image. A scene seen from above has no upright, so turned and mirrored scenes are
 * scenes too; resizing commutes with them, so they are made after it.
 */

/** Number of symmetries. */
export const DIHEDRAL = 8;

/** Writes variant 0 … 7 of planes [3, edge, edge] to `into` at `offset`: quarter turns 0 … 3, then the same mirrored left to right. */
export function turn(planes: Float32Array, edge: number, variant: number, into: Float32Array, offset: number): void {
  const last = edge - 1;
  const quarter = variant & 3;
  for (let channel = 0; channel < 3; channel++) {
    const start = channel * edge * edge;
    for (let y = 0; y < edge; y++) {
      for (let x = 0; x < edge; x++) {
        const column = variant >= 4 ? last - x : x;
        const at =
          quarter === 0
            ? y * edge + column
            : quarter === 1
              ? column * edge + last - y
              : quarter === 2
                ? (last - y) * edge + last - column
                : (last - column) * edge + y;
        into[offset + start + y * edge + x] = planes[start + at];
      }
    }
  }
}
