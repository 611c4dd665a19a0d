/** Numbers as reports print them: fixed decimals, the true minus sign. */

/** `−0.123`; a dash for a figure that does not exist. */
export function fixed(value: number | null | undefined, digits: number): string {
  return value === null || value === undefined ? '–' : value.toFixed(digits).replace('-', '−');
}

/** `+0.123` or `−0.123`. */
export function signed(value: number, digits: number): string {
  return `${value >= 0 ? '+' : ''}${fixed(value, digits)}`;
}
