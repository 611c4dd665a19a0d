/**
 * Soil tables with one fault planted in each, and without any: what the red team has to find, and to leave alone. Real spectra, rows in
 * seeded order, nothing beside the spectra but the laboratory values.
 */
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Random, SILENT } from '../../../sdk/base/index.ts';
import { pruneSoilModel, redteamSoilModel } from '../../../sdk/explain/index.ts';
import { resolveDataset } from '../../../sdk/spectra/index.ts';

export interface SoilTable {
  readonly wavelengths: readonly string[];
  readonly targets: readonly string[];
  /** [rows][targets] */
  readonly laboratory: number[][];
  /** [rows][bands] */
  readonly spectra: number[][];
  /** Further columns by name, [rows]. */
  readonly beside: Record<string, (string | number)[]>;
}

/** Tables to plant into: one set each, so that no site tells the target. */
export const BASES = {
  'SSP.460': { data: 'limesoda', column: 'dataset', targets: ['pH', 'clay', 'SOC'] },
  'SP.231': { data: 'limesoda', column: 'dataset', targets: ['pH', 'clay'] },
  tropical: { data: 'tropical', column: undefined, targets: ['exK', 'pH'] },
} as const;
export type BaseName = keyof typeof BASES;

/** A base in seeded order, `rows` of it at most. */
export async function soilTable(
  name: BaseName,
  seed: number,
  rows = Number.POSITIVE_INFINITY,
  bandStep = 1,
): Promise<SoilTable> {
  const { data, column, targets } = BASES[name];
  const [header, ...lines] = (await readFile(resolveDataset(data), 'utf8'))
    .trimEnd()
    .split(/\r?\n/)
    .map((line) => line.split(','));
  const own = column === undefined ? lines : lines.filter((cells) => cells[header.indexOf(column)] === name);
  const chosen = Random.of(seed, 'order').shuffle(own).slice(0, rows);
  const bands = header
    .flatMap((title, at) => (/^[\d.]+$/.test(title) ? [at] : []))
    .filter((_, b) => b % bandStep === 0);
  return {
    wavelengths: bands.map((at) => header[at]),
    targets: [...targets],
    laboratory: chosen.map((cells) => targets.map((target) => Number(cells[header.indexOf(target)]))),
    spectra: chosen.map((cells) => bands.map((at) => Number(cells[at]))),
    beside: {},
  };
}

export interface Plant {
  /** The check that has to find it. */
  readonly check: string;
  /** Plants into a table of its own; says what was planted. */
  readonly plant: (table: SoilTable, random: Random) => { readonly table: SoilTable; readonly what: string };
}

const standardised = (values: readonly number[]) => {
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const sd = Math.sqrt(values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (values.length - 1));
  return values.map((value) => (value - mean) / sd);
};
const level = ({ spectra }: SoilTable) =>
  spectra.flat().reduce((sum, value) => sum + value, 0) / (spectra.length * spectra[0].length);
const innerBand = ({ wavelengths }: SoilTable, random: Random) => 6 + random.below(wavelengths.length - 12);
const copy = (table: SoilTable): SoilTable => ({
  ...table,
  laboratory: table.laboratory.map((row) => [...row]),
  spectra: table.spectra.map((row) => [...row]),
  beside: { ...table.beside },
});

export const PLANTS: Readonly<Record<string, Plant>> = {
  'a spurious band': {
    check: 'spurious-bands',
    plant: (before, random) => {
      const table = copy(before);
      const band = innerBand(table, random);
      const target = random.below(table.targets.length);
      const told = standardised(table.laboratory.map((row) => row[target]));
      const size = 0.015 * level(table);
      const half = random.permutation(table.spectra.length).subarray(0, table.spectra.length / 2);
      for (const row of half) table.spectra[row][band] += size * told[row];
      return { table, what: `${table.wavelengths[band]} nm tells ${table.targets[target]} in half of the samples` };
    },
  },
  'a shortcut in the order of the rows': {
    check: 'shortcuts',
    plant: (before, random) => {
      const told = standardised(before.laboratory.map((row) => row[0]));
      const key = told.map((value) => value + 0.3 * random.normal());
      const order = [...key.keys()].sort((a, b) => key[a] - key[b]);
      const table = {
        ...before,
        laboratory: order.map((row) => before.laboratory[row]),
        spectra: order.map((row) => before.spectra[row]),
      };
      return { table, what: `rows in the order of ${before.targets[0]}` };
    },
  },
  'a shortcut in the patch size': {
    check: 'shortcuts',
    plant: (before, random) => {
      const told = standardised(before.laboratory.map((row) => row[0]));
      const size = told.map((value) => Math.max(4, Math.round(40 + 12 * value + 4 * random.normal())));
      return { table: { ...before, beside: { size } }, what: `column size goes with ${before.targets[0]}` };
    },
  },
  'a leak by replicates': {
    check: 'leaks',
    plant: (before, random) => {
      const n = before.spectra.length;
      const again = random.permutation(n).subarray(0, Math.round(0.15 * n));
      const spectra = [...before.spectra];
      const laboratory = [...before.laboratory];
      for (const row of again) {
        const gain = 1 + 0.02 * random.normal();
        spectra.push(before.spectra[row].map((value) => value * gain * (1 + random.normal() / 2000)));
        laboratory.push([...before.laboratory[row]]);
      }
      const order = random.permutation(spectra.length);
      const table = {
        ...before,
        spectra: Array.from(order, (row) => spectra[row]),
        laboratory: Array.from(order, (row) => laboratory[row]),
      };
      return { table, what: `${again.length} samples measured a second time` };
    },
  },
  'a dead band': {
    check: 'data-bands',
    plant: (before, random) => {
      const table = copy(before);
      const band = innerBand(table, random);
      const value = random.below(2) === 0 ? 0 : table.spectra[0][band];
      const dead = random.permutation(table.spectra.length).subarray(0, Math.round(0.1 * table.spectra.length));
      for (const row of dead) table.spectra[row][band] = value;
      return { table, what: `${table.wavelengths[band]} nm reads ${value} in a tenth of the samples` };
    },
  },
};

/** The table as CSV. */
export function csvOf({ wavelengths, targets, laboratory, spectra, beside }: SoilTable): string {
  const names = Object.keys(beside);
  const lines = spectra.map((row, i) =>
    [...names.map((name) => beside[name][i]), ...laboratory[i], ...row.map((value) => Number(value.toFixed(5)))].join(
      ',',
    ),
  );
  return `${[...names, ...targets, ...wavelengths].join(',')}\n${lines.join('\n')}\n`;
}

/** Trains a pruned model on a table and audits it with the checks given. */
export async function auditTable(
  table: SoilTable,
  folder: string,
  options: {
    readonly seed: number;
    readonly quick: boolean;
    readonly only?: readonly string[];
    readonly trees: number;
    readonly keep: number;
    readonly threads?: number;
  },
) {
  const data = join(folder, 'table.csv');
  await writeFile(data, csvOf(table));
  const { seed, quick, only, trees, keep, threads = 1 } = options;
  const model = join(folder, 'model');
  await pruneSoilModel(
    {
      data,
      targets: table.targets,
      groups: ['arr', 'd1', 'd2'],
      keep: [keep],
      folds: '3',
      seed,
      forest: { trees, minLeaf: 2, mtry: 1 / 3 },
      out: model,
      threads,
    },
    SILENT,
  );
  return redteamSoilModel(
    { model, data, seed, quick, threads, out: join(folder, 'redteam'), ...(only && { only }) },
    SILENT,
  );
}
