/** The second look of check 12: bands that are dead, stuck or hot in the data already. */
import { footprintOf } from '../../spectra/index.ts';
import type { AuditCase } from './audit-case.ts';
import { type Check, nm } from './check.ts';
import { verdict } from './findings.ts';
import { allRows, linesOf } from './judging.ts';

/** A value that this many rows share, in share of all, is not of the soil; at least three. */
const REPEATED = 0.01;
const SMALLEST_RUN = 3;
/** Values that a band repeats must be this many times as often as the median band repeats its own: counts of few bits repeat everywhere. */
const TIMES_USUAL = 5;
/** Shares of the neighbours' value between which a band's value lies. */
const PLAUSIBLE = [0.1, 4] as const;

export const dataBands: Check = {
  id: 12,
  name: 'data-bands',
  title: 'Dead, stuck and hot bands in the data',
  how: 'values that a band repeats where other bands do not; values far from those of the bands around',
  run(audit) {
    const { bands: B, n, spectra } = audit;
    const repeats = Array.from({ length: B }, (_, band) => mostRepeated(audit, band));
    const usual = repeats.map(({ rows }) => rows.length).sort((a, b) => a - b)[Math.floor(B / 2)];
    const bad = repeats
      .map(({ value, rows }, band) => {
        const isRepeated =
          rows.length >= Math.max(SMALLEST_RUN, REPEATED * n) &&
          rows.length >= TIMES_USUAL * Math.min(usual, n / TIMES_USUAL);
        const wild = [...allRows(audit)].filter((row) => isWild(spectra, row * B, band, B));
        const affected = [...new Set([...(isRepeated ? rows : []), ...wild])];
        const kind = isRepeated ? (value === 0 ? 'dead' : 'stuck') : 'far from its neighbours';
        return { band, kind, value, affected };
      })
      .filter(({ affected }) => affected.length > 0)
      .sort((a, b) => b.affected.length - a.affected.length);
    const read = new Set(audit.soil.model.features.flatMap((feature) => [...footprintOf(feature)]));
    const serious = bad.filter(({ kind }) => kind !== 'far from its neighbours');
    const severity = serious.some(({ band }) => read.has(band))
      ? 'major'
      : serious.length > 0
        ? 'medium'
        : bad.length > 0
          ? 'minor'
          : 'passed';
    const [worst] = bad;
    return verdict({
      severity,
      value: bad.length,
      passLine: 'no band repeats a value or leaves its neighbours',
      evidence: worst
        ? `${bad.length} ${bad.length === 1 ? 'band' : 'bands'}: ${bad
            .slice(0, 4)
            .map(
              ({ band, kind, affected }) =>
                `${nm(audit, band)} ${kind} in ${affected.length} rows${read.has(band) ? ', read by the model' : ''}`,
            )
            .join('; ')}`
        : `no band repeats a value in more than ${repeats.reduce((most, { rows }) => Math.max(most, rows.length), 0)} rows`,
      suggestion: worst
        ? `Leave these rows or bands out (${bad
            .slice(0, 4)
            .map(({ band }) => nm(audit, band))
            .join(
              ', ',
            )}), or fill the band from its neighbours and train again; on board, mark a band that repeats itself as dead.`
        : '',
      rows: worst ? linesOf(audit, worst.affected.slice(0, 20)) : [],
      table: worst
        ? {
            columns: ['band, nm', 'what', 'rows', 'value', 'read by the model'],
            rows: bad
              .slice(0, 24)
              .map(({ band, kind, value, affected }) => [
                audit.wavelengthsNm[band],
                kind,
                affected.length,
                value,
                read.has(band) ? 'yes' : 'no',
              ]),
          }
        : null,
    });
  },
};

function mostRepeated({ spectra, bands, n }: AuditCase, band: number): { value: number; rows: number[] } {
  const rowsOf = new Map<number, number[]>();
  for (let row = 0; row < n; row++) {
    const value = spectra[row * bands + band];
    const rows = rowsOf.get(value);
    if (rows) rows.push(row);
    else rowsOf.set(value, [row]);
  }
  let best: { value: number; rows: number[] } = { value: 0, rows: [] };
  for (const [value, rows] of rowsOf) if (rows.length > best.rows.length) best = { value, rows };
  return best;
}

function isWild(spectra: Float32Array, start: number, band: number, B: number): boolean {
  const around: number[] = [];
  for (let b = Math.max(0, band - 3); b <= Math.min(B - 1, band + 3); b++)
    if (b !== band) around.push(spectra[start + b]);
  const middle = around.sort((a, b) => a - b)[Math.floor(around.length / 2)];
  const value = spectra[start + band];
  return middle > 0 && (value < PLAUSIBLE[0] * middle || value > PLAUSIBLE[1] * middle);
}
