import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inspectOnnx, openOnnx } from '../../../sdk/compact/index.ts';
import { packPlane, planesOf } from '../../../sdk/concepts/distil/bit-planes.ts';
import { evaluateStudent, type Student, studentToOnnx } from '../../../sdk/concepts/index.ts';
import { correlated, someStudent } from './students.ts';

async function run(student: Student, rows: Float32Array): Promise<Float32Array> {
  const session = await openOnnx(studentToOnnx(student), 'student');
  const latents = await session.run(rows, [rows.length / student.d, student.d], 'latents');
  await session.release();
  return latents;
}

test('numbers of any bits come back out of their planes', () => {
  fc.assert(
    fc.property(fc.integer({ min: 2, max: 7 }), fc.array(fc.nat(), { minLength: 1, maxLength: 5 }), (bits, seeds) => {
      const values = Uint8Array.from(
        seeds.flatMap((seed) => Array.from({ length: 8 }, (_, i) => (seed >> i) % 2 ** bits)),
      );
      const back = new Uint8Array(values.length);
      let packedBits = 0;
      for (const plane of planesOf(bits)) {
        const packed = packPlane(values, plane);
        packedBits += 8 * packed.length;
        for (let i = 0; i < values.length; i++) {
          const byte = packed[Math.floor((i * plane.width) / 8)];
          back[i] |= ((byte >> ((i * plane.width) % 8)) & (2 ** plane.width - 1)) << plane.place;
        }
      }
      expect(back).toEqual(values);
      expect(packedBits).toBe(bits * values.length);
    }),
  );
});

describe('a student’s file', () => {
  const groups = [
    [8, 3],
    [7, 8],
    [6, 16],
    [5, 8],
    [4, 24],
    [3, 8],
    [2, 16],
  ] as const;

  test.each([
    ['of every number of bits', someStudent(50, groups)],
    ['with thresholds', someStudent(50, groups, true)],
    ['of one number of bits and odd lengths', someStudent(13, [[3, 8]])],
    ['of a few latents in whole bytes', someStudent(9, [[8, 5]])],
  ])('%s computes in onnxruntime exactly what plain TypeScript gives', async (_, student) => {
    const rows = correlated(20, student.d, 3);
    const ours = evaluateStudent(student, rows);
    expect(await run(student, rows)).toEqual(ours);
    expect(ours.some((value) => value > 0)).toBe(true);
    expect(ours.some((value) => value === 0)).toBe(true);
  });

  test('holds as many bits as its latents have, and its memory on board can be told', () => {
    const student = someStudent(64, groups);
    const { weightBytes, unknown, peakActivationBytes, operators } = inspectOnnx(studentToOnnx(student), 'student');
    expect(unknown).toEqual([]);
    const bits = student.bits.reduce((sum, own) => sum + own, 0);
    const numbers = 8 * student.n + 8 * student.d;
    expect(weightBytes - numbers - (64 * bits) / 8).toBeLessThan(300); // shapes, shifts, masks, zero points
    expect(peakActivationBytes).toBeGreaterThan(64 * 24);
    expect(operators.every(({ domain }) => domain === 'ai.onnx')).toBe(true);
  });
});
