/** Small files for the tests of the frame readers: a folder to put them in, and the fixtures that scripts of other tools made. */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const fixtures = new URL('../fixtures/frames/', import.meta.url);

/** Path of a file under test/fixtures/frames. */
export function fixture(name: string): string {
  return new URL(name, fixtures).pathname;
}

export function fixtureJson<T>(name: string): T {
  return JSON.parse(readFileSync(new URL(name, fixtures), 'utf8')) as T;
}

/** Value of the oracles' cubes before factor and offset: see test/oracles/frames.py. */
export function formula(band: number, row: number, column: number): number {
  return (37 * band + 11 * row + 3 * column) % 251;
}

/** The whole cube by formula, [bands, height, width]. */
export function formulaCube(bands: number, height: number, width: number): number[] {
  return Array.from({ length: bands * height * width }, (_, i) =>
    formula(Math.floor(i / (height * width)), Math.floor(i / width) % height, i % width),
  );
}

/** A folder of its own for each test file. */
export function temporaryFolder(): string {
  return mkdtempSync(join(tmpdir(), 'nadir-spectra-'));
}

/** Puts a file into a folder and gives its path. */
export function put(folder: string, name: string, content: string | Uint8Array): string {
  const path = join(folder, name);
  writeFileSync(path, content);
  return path;
}
