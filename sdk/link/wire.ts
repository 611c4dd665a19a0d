/** MessagePack as the link uses it: no records, no extensions that name types, safe integers as numbers. */
import { Packr } from 'msgpackr';
import { LinkError } from './fields.ts';

const packr = new Packr({ useRecords: false, int64AsType: 'number', moreTypes: false });

/** Bytes of a list. */
export function pack(value: readonly unknown[]): Buffer {
  // a copy: msgpackr hands out a view of its own reused buffer
  return Buffer.from(packr.pack(value));
}

/** A list of `length` items from bytes. Throws a LinkError for anything else. */
export function unpackList(bytes: Uint8Array, length: number, of: string): unknown[] {
  let value: unknown;
  try {
    value = packr.unpack(bytes);
  } catch {
    throw new LinkError(`${of}: not MessagePack`);
  }
  if (!Array.isArray(value) || value.length !== length) throw new LinkError(`${of}: not a list of ${length}`);
  return value;
}
