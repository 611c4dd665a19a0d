import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect } from 'vitest';
import { encodeRows } from '../../../sdk/sae/formats/index.ts';
import { reconstruct, type SaeWeights } from '../../../sdk/sae/index.ts';

/** Path of a file under test/fixtures/sae-formats, which the scripts test/oracles/sae_formats_*.py wrote. */
export function fixturePath(name: string): string {
  return fileURLToPath(new URL(`../../fixtures/sae-formats/${name}`, import.meta.url));
}

/** Activations [rows, n] and reconstructions [rows, d] that another program gave. */
export interface Judged {
  readonly codes: readonly number[];
  readonly reconstructions: readonly number[];
}

interface Fixture {
  readonly made: Readonly<Record<string, string>>;
  readonly d: number;
  readonly n: number;
  readonly rows: readonly number[];
  readonly cases: Readonly<Record<string, Judged>>;
}

export function fixture(name: string): Fixture {
  return JSON.parse(readFileSync(fixturePath(name), 'utf8'));
}

/** Codes of a model as a dense [rows, n]. */
export function denseCodes(sae: SaeWeights, rows: Float32Array): Float32Array {
  const { n } = sae;
  const codes = encodeRows(sae, rows);
  const dense = new Float32Array(codes.length * n);
  codes.forEach(({ latents, values }, row) => {
    latents.forEach((latent, i) => {
      dense[row * n + latent] = values[i];
    });
  });
  return dense;
}

/** Largest distance of two lists of equal length. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  let most = 0;
  for (let i = 0; i < a.length; i++) most = Math.max(most, Math.abs(a[i] - b[i]));
  return most;
}

/** Holds activations and reconstructions of rows to what another program gave, to 1e-5, and that they say something. */
export function expectSameAs(judged: Judged, sae: SaeWeights, rows: Float32Array): void {
  expect(Math.max(...judged.codes)).toBeGreaterThan(0.1);
  expect(farthest(denseCodes(sae, rows), judged.codes)).toBeLessThanOrEqual(1e-5);
  expect(farthest(reconstruct(sae, encodeRows(sae, rows)), judged.reconstructions)).toBeLessThanOrEqual(1e-5);
}
