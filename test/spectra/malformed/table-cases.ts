/** Spectra tables that are no tables. */
import type { Random } from '../../../sdk/base/index.ts';
import type { MalformedCase } from './case.ts';

const BANDS = 6;
const ROWS = 5;

export function tableCases(random: Random): MalformedCase[] {
  const header = ['site', 'pH', ...Array.from({ length: BANDS }, (_, b) => String(500 + 10 * b))];
  const body = Array.from({ length: ROWS }, (_, row) => [
    `s${row}`,
    (5 + random.uniform()).toFixed(2),
    ...Array.from({ length: BANDS }, () => (10 + 20 * random.uniform()).toFixed(3)),
  ]);
  const row = random.below(ROWS);
  const band = random.below(BANDS);
  /** The table with one cell or header replaced. */
  const withCell = (text: string) =>
    csv(
      header,
      body.map((cells, r) => cells.map((cell, c) => (r === row && c === band + 2 ? text : cell))),
    );
  const withHeader = (change: (titles: string[]) => string[]) => csv(change([...header]), body);
  const cellPlace = new RegExp(`row ${row + 2} column ${500 + 10 * band}`);
  const table = (name: string, text: string | Uint8Array, place: RegExp): MalformedCase => ({
    name: `table ${name}`,
    reader: 'table',
    files: { 'soil.csv': text },
    place,
  });
  const targets = (name: string, text: string, place: RegExp): MalformedCase => ({
    ...table(name, text, place),
    reader: 'targets',
  });
  return [
    table('empty', '', /row 1/),
    table('header only', `${header.join(',')}\n`, /row 1/),
    table(
      'no wavelengths',
      withHeader((titles) => titles.map((title, c) => (c < 2 ? title : `b${title}`))),
      /row 1/,
    ),
    table(
      'duplicate wavelengths',
      withHeader((titles) => titles.with(4, titles[3])),
      /row 1 column 5/,
    ),
    table(
      'falling wavelengths',
      withHeader((titles) => [...titles.slice(0, 2), ...titles.slice(2).reverse()]),
      /row 1 column 4/,
    ),
    table(
      'µm for nm',
      withHeader((titles) => titles.map((title, c) => (c < 2 ? title : String(Number(title) / 1000)))),
      /row 1 column 3/,
    ),
    table(
      'wavelength of zero',
      withHeader((titles) => titles.with(2, '0')),
      /row 1 column 3/,
    ),
    table(
      'column twice',
      withHeader((titles) => titles.with(1, 'site')),
      /row 1/,
    ),
    table(
      'too many bands',
      `${Array.from({ length: 5000 }, (_, b) => 400 + b).join(',')}\n${'1,'.repeat(4999)}1\n`,
      /row 1/,
    ),
    ...['NaN', 'nan', '', 'n.d.', '1e39', '-Infinity', '12;5', '0x10'].map((cell) =>
      table(`cell ${cell.replace(/\W/g, '_') || 'empty'}`, withCell(cell), cellPlace),
    ),
    table('row cut off', csv(header, body).slice(0, -12), new RegExp(`row ${ROWS + 1}`)),
    table('a comma too many', csv(header, body.with(row, [...body[row], ''])), new RegExp(`row ${row + 2}`)),
    table('open quote', csv(header, body.with(row, body[row].with(0, '"s'))), new RegExp(`row ${row + 2}`)),
    table('text after a quote', csv(header, body.with(row, body[row].with(0, '"s"x'))), new RegExp(`row ${row + 2}`)),
    table('a lone carriage return', csv(header, body).replace('\n', '\r'), /row 1/),
    table(
      'random bytes',
      Uint8Array.from({ length: 300 }, () => random.below(256)),
      /row \d/,
    ),
    targets('missing target', csv(header.with(1, 'acidity'), body), /unknown target "pH"/),
    targets(
      'target never measured',
      csv(
        header,
        body.map((cells) => cells.with(1, '')),
      ),
      /no row has all of pH/,
    ),
    targets(
      'target in words',
      csv(header, body.with(row, body[row].with(1, 'low'))),
      new RegExp(`row ${row + 2} column pH`),
    ),
  ];
}

function csv(header: readonly string[], body: readonly (readonly string[])[]): string {
  return `${[header, ...body].map((cells) => cells.join(',')).join('\n')}\n`;
}
