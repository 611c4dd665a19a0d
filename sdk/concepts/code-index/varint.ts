/** Unsigned 32-bit integers in 1 to 5 bytes: 7 bits a byte, low first, the high bit says that another follows (LEB128). */

export const MAX_VARINT_BYTES = 5;

/** Writes a value at `at`; gives the end. */
export function writeVarint(value: number, into: Uint8Array, at: number): number {
  let rest = value;
  let end = at;
  for (; rest > 127; rest >>>= 7) into[end++] = 128 | (rest & 127);
  into[end++] = rest;
  return end;
}

/** Reads values one after another. Past the end, and for values of more than 32 bits, it gives NaN, which no check lets through. */
export class VarintReader {
  readonly #bytes: Uint8Array;
  at = 0;

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes;
  }

  varint(): number {
    const first = this.byte();
    if (first < 128) return first;
    let value = first & 127;
    for (let place = 128; place < 2 ** 35; place *= 128) {
      const byte = this.byte();
      value += (byte & 127) * place;
      if (!(byte > 127)) return value < 2 ** 32 && !Number.isNaN(byte) ? value : Number.NaN;
    }
    return Number.NaN;
  }

  byte(): number {
    return this.at < this.#bytes.length ? this.#bytes[this.at++] : Number.NaN;
  }
}
