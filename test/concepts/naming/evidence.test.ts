import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { binomialTail, labelEvidence, responseEvidence } from '../../../sdk/concepts/naming/evidence.ts';

describe('evidence of labels', () => {
  /** A tenth of the rows, the first hundred, is of class 0. */
  const labels = Int32Array.from({ length: 1000 }, (_, row) => (row < 100 ? 0 : 1));
  const ask = labelEvidence(labels, 2);
  const images = (ofClass: number, others: number) => [
    ...Array.from({ length: ofClass }, (_, i) => i),
    ...Array.from({ length: others }, (_, i) => 100 + i),
  ];

  test('is a majority of the images that chance would hardly give', () => {
    expect(ask(0, images(8, 8))).toEqual({ images: 16, share: 0.5, agrees: true });
    expect(ask(0, images(7, 9)).agrees).toBe(false);
    // nine rows of ten are of class 1: sixteen of sixteen come by chance in one case of five
    expect(ask(1, images(0, 16))).toEqual({ images: 16, share: 1, agrees: false });
  });

  test('takes at least four images', () => {
    expect(ask(0, images(3, 0)).agrees).toBe(false);
    expect(ask(0, images(4, 0)).agrees).toBe(true);
    expect(ask(0, [])).toEqual({ images: 0, share: 0, agrees: false });
  });

  test('counts chance as the binomial law does, every outcome written out', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.double({ min: 0, max: 1, noNaN: true }), (n, p) => {
        for (let hits = 0; hits <= n; hits++) {
          let tail = 0;
          for (let outcome = 0; outcome < 2 ** n; outcome++) {
            const ones = outcome.toString(2).replaceAll('0', '').length;
            if (ones >= hits) tail += p ** ones * (1 - p) ** (n - ones);
          }
          expect(binomialTail(hits, n, p)).toBeCloseTo(tail, 9);
        }
      }),
      { numRuns: 20 },
    );
  });
});

describe('evidence of responses', () => {
  test('is to be among the words that these images raise most, each in its own deviations', () => {
    const [rows, words] = [40, 200];
    const responses = new Float32Array(rows * words);
    for (let row = 0; row < rows; row++) {
      for (let word = 0; word < words; word++) responses[row * words + word] = Math.sin(row * 7 + word * 13);
      // word 5 answers to the first rows; word 6 swings a hundred times as much, and a little more there
      responses[row * words + 5] = (row < 5 ? 10 : 0) + 0.1 * Math.sin(row);
      responses[row * words + 6] = 100 * Math.sin(row * 3) + (row < 5 ? 30 : 0);
    }
    const ask = responseEvidence(responses, words);
    const shown = [0, 1, 2, 3, 4];
    expect(ask(5, shown)).toEqual({ images: 5, rank: 0, agrees: true });
    expect(ask(6, shown).agrees).toBe(false);
    expect(ask(5, [20, 21, 22, 23]).agrees).toBe(false);
    expect(ask(5, [0, 1, 2]).agrees).toBe(false);
  });

  test('is none where a word says the same of every image', () => {
    expect(responseEvidence(new Float32Array(20).fill(3), 2)(0, [0, 1, 2, 3, 4]).agrees).toBe(false);
  });
});
