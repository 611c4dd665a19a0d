/** How far features are from the oracle's, group by group, and the compact form in which the oracle's features are kept. */
import { EAGLEEYES_GROUPS } from '../../sdk/spectra/index.ts';

/** Patches whose features the fixture has in full; the others are digested. */
export const FULL_PATCHES = 10;
const PER_GROUP = 150;
const WIDTH = PER_GROUP * EAGLEEYES_GROUPS.length;

/** What a group may be off, relative: singular values and their ratio by value, the others by the largest value of their group. */
export function toleranceOf(group: string): number {
  return isOfSigma(group) ? 1e-7 : 1e-9;
}

function isOfSigma(group: string): boolean {
  return group === 'ratio' || group.startsWith('sigma');
}

/** Largest relative distance of [patches, 2400] from the oracle's, by group. */
export function farthestByGroup(ours: Float64Array, theirs: Float64Array): Record<string, number> {
  const farthest: Record<string, number> = {};
  EAGLEEYES_GROUPS.forEach((group, g) => {
    farthest[group] = 0;
    for (let start = g * PER_GROUP; start < theirs.length; start += WIDTH) {
      const expected = theirs.subarray(start, start + PER_GROUP);
      const scale = largest(expected);
      for (let i = 0; i < PER_GROUP; i++) {
        const distance = Math.abs(ours[start + i] - expected[i]) / (isOfSigma(group) ? Math.abs(expected[i]) : scale);
        if (!(distance <= farthest[group])) farthest[group] = distance;
      }
    }
  });
  return farthest;
}

/** Of each patch and group: a sum with uneven weights, and the largest absolute value, [patches, 16, 2]. */
export function digestOf(features: Float64Array): Float64Array {
  const digest = new Float64Array((2 * features.length) / PER_GROUP);
  for (let group = 0; group < features.length / PER_GROUP; group++) {
    const values = features.subarray(group * PER_GROUP, (group + 1) * PER_GROUP);
    digest[2 * group] = values.reduce((sum, value, i) => sum + value * (1 + ((i * 61) % 150) / 150), 0);
    digest[2 * group + 1] = largest(values);
  }
  return digest;
}

export function fixtureOf(values: Float64Array): string {
  return Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString('base64');
}

export function valuesOf(fixture: string): Float64Array {
  const bytes = Buffer.from(fixture, 'base64');
  return new Float64Array(bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length));
}

function largest(values: Float64Array): number {
  return values.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
}
