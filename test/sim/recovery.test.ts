import { expect, test } from 'vitest';
import type { Scene as ReceivedScene } from '../../sdk/ground/index.ts';
import { cosine, measureRecovery } from '../../sim/recovery.ts';
import type { Scene } from '../../sim/scenes.ts';
import { soilInFlight } from '../../sim/soil-in-flight.ts';

const image = (name: string): Scene => ({ kind: 'image', name, image: `/held/${name}` });
const patch = (name: string, row: number): Scene => ({
  kind: 'patch',
  name,
  row,
  spectrum: new Float32Array(1),
  wavelengthsNm: new Float64Array(1),
});
const received = (source: string, rest: Partial<ReceivedScene>): ReceivedScene => ({
  craft: 'a',
  source,
  row: 1,
  timeMs: 0,
  layersJoined: 0,
  layersTotal: 0,
  codeBytes: 0,
  ...rest,
});

test('cosine by hand', () => {
  expect(cosine(Float32Array.of(3, 4), Float32Array.of(4, 3))).toBeCloseTo(24 / 25, 12);
  expect(cosine(Float32Array.of(1, 0), Float32Array.of(-2, 0))).toBe(-1);
  expect(cosine(Float32Array.of(0, 0), Float32Array.of(1, 1))).toBe(0);
});

test('recovery counts the scenes that have come, those that are whole, and their mean cosine', () => {
  const taken = [image('a'), image('b'), image('c'), patch('p', 0)];
  const truth = new Map([
    ['/held/a', Float32Array.of(1, 0)],
    ['/held/b', Float32Array.of(3, 4)],
    ['/held/c', Float32Array.of(1, 1)],
  ]);
  const got = [
    received('a', { embedding: Float32Array.of(2, 0), layersJoined: 2, layersTotal: 2 }),
    received('b', { embedding: Float32Array.of(4, 3), layersJoined: 1, layersTotal: 2 }),
    received('p', { estimate: [1] }),
  ];
  expect(measureRecovery(taken, got, truth)).toEqual({
    scenes: 2,
    taken: 3,
    complete: 1,
    cosine: expect.closeTo((1 + 24 / 25) / 2, 12),
  });
  expect(measureRecovery(taken, [], truth).cosine).toBeNull();
});

test('soil estimates are compared with the sample that their patch was grown from', () => {
  const taken = [patch('p1', 2), patch('p2', 0), patch('p3', 1)];
  const held = {
    targets: ['pH', 'clay'],
    wavelengthsNm: new Float64Array(1),
    spectra: new Float32Array(3),
    truth: Float64Array.of(5, 10, 6, 20, 7, 30),
    rows: 3,
  };
  const got = [
    received('p1', { estimate: [7, 33] }),
    received('p2', { estimate: [5, 10] }),
    received('p3', { estimate: [6, 23] }),
  ];
  expect(soilInFlight(taken, got, held)).toEqual([
    { target: 'pH', samples: 3, rmse: 0, r2: 1 },
    { target: 'clay', samples: 3, rmse: expect.closeTo(Math.sqrt(6), 12), r2: expect.closeTo(1 - 18 / 200, 12) },
  ]);
});
