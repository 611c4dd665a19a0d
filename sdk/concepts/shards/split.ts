/** Rows held out of training, by a seeded hash: no list of rows is kept, and a row stays on its side when shards are added after it. */
import { NadirError, Random } from '../../base/index.ts';

/** Says of a row number whether the row takes part. Always says the same. */
export type RowFilter = (row: number) => boolean;

/** Whether a row is held out, of about `share` of all rows; rows with one number in `images`, where given, come to the same side. */
export function heldOutRows(share: number, seed: number, images?: Uint32Array): RowFilter {
  if (!(share >= 0 && share < 1)) {
    const what = `a held-out share of ${share}`;
    throw new NadirError({ what, where: 'held-out rows', remedy: 'Give a share from 0 to below 1', exitCode: 2 });
  }
  const salt = Random.of(seed, 'held-out rows').uint32();
  const below = share * 2 ** 32;
  return images ? (row) => hash(images[row], salt) < below : (row) => hash(row, salt) < below;
}

/** 32 well mixed bits of a number and a salt (the finaliser of MurmurHash3, twice). */
function hash(value: number, salt: number): number {
  return mixed(mixed(value ^ salt) + Math.imul(salt, 0x9e3779b1));
}

function mixed(bits: number): number {
  let z = bits | 0;
  z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
  z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
  return (z ^ (z >>> 16)) >>> 0;
}
