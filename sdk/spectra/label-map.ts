/** Label maps: whole numbers for each pixel, 0 where nothing is known. */
import { NadirError, type NumericArray } from '../base/index.ts';

/** The labels as int32; refuses what is no whole number from 0. `where` names them in errors. */
export function labelsFrom(values: NumericArray, where: string): Int32Array {
  return Int32Array.from(values as ArrayLike<number>, (value, pixel) => {
    const label = Number(value);
    if (!Number.isInteger(label) || label < 0 || label > 0x7fffffff)
      throw new NadirError({
        what: `pixel ${pixel} has the label ${label}`,
        where,
        remedy: 'Labels are whole numbers from 0 (unlabelled)',
      });
    return label;
  });
}

/** Whether the values could be labels: whole numbers from 0. */
export function couldBeLabels(values: ArrayLike<number>): boolean {
  for (let i = 0; i < values.length; i++)
    if (!Number.isInteger(values[i]) || values[i] < 0 || values[i] > 0x7fffffff) return false;
  return true;
}
