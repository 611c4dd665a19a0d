/**
 * The text header of ENVI files (Harris Geospatial, "ENVI Header Files"): `key = value` lines, lists in braces over several
 * lines.
 */
import { NadirError } from '../base/index.ts';

export interface EnviField {
  readonly text: string;
  /** 1-based line on which it starts. */
  readonly line: number;
}

/** Fields of a header by their name in lower case. */
export class EnviHeader {
  readonly where: string;
  readonly #fields: ReadonlyMap<string, EnviField>;

  constructor(fields: ReadonlyMap<string, EnviField>, where: string) {
    this.#fields = fields;
    this.where = where;
  }

  text(key: string): string | undefined {
    return this.#fields.get(key)?.text;
  }

  /** File, line and name of a field, for errors. */
  place(key: string): string {
    const field = this.#fields.get(key);
    return field === undefined ? `${this.where} field "${key}"` : `${this.where} line ${field.line} field "${key}"`;
  }

  /** A number; throws for anything else, and where it is missing and there is no `fallback`. */
  number(key: string, fallback?: number): number {
    const text = this.text(key);
    if (text === undefined && fallback !== undefined) return fallback;
    const value = text === undefined || text.trim() === '' ? Number.NaN : Number(text);
    if (!Number.isFinite(value))
      throw new NadirError({
        what: text === undefined ? 'the header lacks a field' : `"${text.slice(0, 40)}" is not a number`,
        where: this.place(key),
        remedy: 'Write the number there, or export the file again',
      });
    return value;
  }

  /** A list of numbers in braces, or undefined where there is none. */
  numbers(key: string): Float64Array | undefined {
    const items = this.list(key);
    return (
      items &&
      Float64Array.from(items, (item, i) => {
        const value = item === '' ? Number.NaN : Number(item);
        if (!Number.isFinite(value))
          throw new NadirError({
            what: `item ${i + 1}, "${item.slice(0, 40)}", is not a number`,
            where: this.place(key),
            remedy: 'Put numbers between the braces, separated by commas',
          });
        return value;
      })
    );
  }

  /** Items of a list in braces. */
  list(key: string): string[] | undefined {
    const text = this.text(key);
    if (text === undefined) return undefined;
    const items = text
      .replace(/^\{|\}$/g, '')
      .split(',')
      .map((item) => item.trim());
    // a trailing comma is common
    if (items.at(-1) === '') items.pop();
    return items;
  }
}

/** Parses the text of a header; `where` names it in errors. */
export function parseEnviHeader(text: string, where: string): EnviHeader {
  const lines = text.split(/\r\n|\n|\r/);
  const fail = (what: string, line: number) =>
    new NadirError({
      what,
      where: `${where} line ${line}`,
      remedy: 'Export the header again; it may be cut off or no ENVI header',
    });
  if (lines[0].trim() !== 'ENVI') throw fail('the first line is not ENVI', 1);
  const fields = new Map<string, EnviField>();
  for (let i = 1; i < lines.length; i++) {
    const line = i + 1;
    if (lines[i].trim() === '' || lines[i].trimStart().startsWith(';')) continue;
    const equals = lines[i].indexOf('=');
    if (equals < 1) throw fail(`"${lines[i].trim().slice(0, 40)}" is not "key = value"`, line);
    const key = lines[i].slice(0, equals).trim().toLowerCase().replace(/\s+/g, ' ');
    const pieces = [lines[i].slice(equals + 1).trim()];
    if (pieces[0].startsWith('{')) {
      while (!pieces.at(-1)?.includes('}')) {
        if (++i >= lines.length) throw fail(`the braces of "${key}" are never closed`, line);
        pieces.push(lines[i].trim());
      }
    }
    fields.set(key, { text: pieces.join(' ').trim(), line });
  }
  return new EnviHeader(fields, where);
}
