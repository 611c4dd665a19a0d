/** One malformed file of the corpus. */
export interface MalformedCase {
  readonly name: string;
  /** Which reader is asked. */
  readonly reader: 'table' | 'targets' | 'board frame' | 'frame' | 'hyperview';
  /** Files to write, by name; the first is the one that is read, or their folder for `hyperview`. */
  readonly files: Readonly<Record<string, string | Uint8Array>>;
  /** File that the error must name, where it is not the first. */
  readonly blamed?: string;
  /** What the message must say of the place. */
  readonly place: RegExp;
}
