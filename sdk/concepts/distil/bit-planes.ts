/**
 * Whole numbers of 2 to 7 bits in whole bytes: a number is split into planes of 4, 2 and 1 bits, the highest bits in the widest plane, and a
 * plane packs 2, 4 or 8 neighbours into a byte, the first in the lowest bits. A runtime unpacks a plane by one shift and one mask.
 */

/** A plane's width, and by how much its bits are shifted up in the number. */
export interface Plane {
  readonly width: number;
  readonly place: number;
}

/** Planes of a number of bits. */
export function planesOf(bits: number): Plane[] {
  const planes: Plane[] = [];
  let rest = bits;
  for (const width of [4, 2, 1]) {
    if ((bits & width) === 0) continue;
    rest -= width;
    planes.push({ width, place: rest });
  }
  return planes;
}

/** One plane of unsigned numbers; their count is a multiple of 8. */
export function packPlane(values: Uint8Array, { width, place }: Plane): Uint8Array {
  const each = 8 / width;
  const mask = 2 ** width - 1;
  const packed = new Uint8Array(values.length / each);
  for (let i = 0; i < values.length; i++)
    packed[Math.floor(i / each)] |= ((values[i] >> place) & mask) << (width * (i % each));
  return packed;
}
