/** Comma-separated values as in RFC 4180: quoted fields may hold commas, line breaks and doubled quotes. */
import { NadirError } from '../base/index.ts';

/**
 * Splits a CSV text into rows of fields. Lines end with LF or CRLF; empty lines are skipped.
 * `rowNumbers[i]` is the 1-based line on which row i starts, as an editor shows it.
 * Throws NadirError, naming `where` and the line, for a quote that is never closed or text after a closing quote.
 */
export function parseCsv(text: string, where: string): { rows: string[][]; rowNumbers: number[] } {
  const rows: string[][] = [];
  const rowNumbers: number[] = [];
  let at = text.charCodeAt(0) === 0xfeff ? 1 : 0;
  let line = 1;
  const fail = (what: string) =>
    new NadirError({ what, where: `${where} row ${line}`, remedy: 'Quote fields as RFC 4180 says' });
  while (at < text.length) {
    const row: string[] = [];
    const startLine = line;
    for (;;) {
      let field: string;
      if (text[at] === '"') {
        field = '';
        for (at++; ; at++) {
          const close = text.indexOf('"', at);
          if (close < 0) throw fail('a quote is never closed');
          field += text.slice(at, close);
          at = close + 1;
          if (text[at] !== '"') break;
          field += '"';
        }
        line += field.split('\n').length - 1;
        if (at < text.length && !',\r\n'.includes(text[at])) throw fail('text after a closing quote');
      } else {
        const start = at;
        while (at < text.length && text[at] !== ',' && text[at] !== '\n') at++;
        const end = text[at] === '\n' && text[at - 1] === '\r' && at > start ? at - 1 : at;
        field = text.slice(start, end);
      }
      row.push(field);
      if (text[at] !== ',') break;
      at++;
    }
    if (text[at] === '\r') at++;
    if (at < text.length && text[at] !== '\n') throw fail('a carriage return inside an unquoted field');
    at++;
    line++;
    if (row.length === 1 && row[0] === '') continue;
    rows.push(row);
    rowNumbers.push(startLine);
  }
  return { rows, rowNumbers };
}
