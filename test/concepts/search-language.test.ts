import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { NadirError } from '../../sdk/base/index.ts';
import { parseShifts } from '../../sdk/concepts/search/expression.ts';
import { formatConcepts, parseConcepts, type WantedConcept } from '../../sdk/concepts/search/index.ts';

const have = (name: string): WantedConcept => ({ concept: { name }, must: 'have', weight: 1 });
const lack = (name: string): WantedConcept => ({ concept: { name }, must: 'lack', weight: 1 });
const counts = (name: string, weight: number): WantedConcept => ({ concept: { name }, must: 'counts', weight });

describe('the words of a search', () => {
  test.each<[string, WantedConcept[]]>([
    ['forest', [have('forest')]],
    ['forest,annual crop', [have('forest'), have('annual crop')]],
    ['forest, river:0.5, !cloud', [have('forest'), counts('river', 0.5), lack('cloud')]],
    ['  river : -2 ,! sea ice', [counts('river', -2), lack('sea ice')]],
    [
      '#12, !#7, #3:1e-2',
      [
        { concept: { latent: 12 }, must: 'have', weight: 1 },
        { concept: { latent: 7 }, must: 'lack', weight: 1 },
        { concept: { latent: 3 }, must: 'counts', weight: 0.01 },
      ],
    ],
    ['"lake, salt":2, !"#1: ""big"""', [counts('lake, salt', 2), lack('#1: "big"')]],
  ])('%s', (text, wanted) => {
    expect(parseConcepts(text, '--concept')).toEqual(wanted);
  });

  test.each([
    ['', /no concept at column 1/],
    ['forest,,river', /no concept at column 8/],
    ['forest, ', /no concept at column 8/],
    ['forest, river:lots', /weight "lots" at column 9/],
    ['river:', /weight "" at column 1/],
    ['river:0', /weight "0" at column 1/],
    ['river:1e9', /weight "1e9" at column 1/],
    ['!cloud:0.5', /a weight for the excluded cloud at column 1/],
    ['!!cloud', /cannot read "!!cloud" as a concept at column 1/],
    ['!', /cannot read "!"/],
    ['""', /a concept without a name/],
    ['forest, "lake, salt', /the quote at column 9 does not end/],
    ['a:b:1', /weight "b:1" at column 1/],
  ])('refuses %j in one line that says where', (text, message) => {
    const parse = () => parseConcepts(text, '--concept');
    expect(parse).toThrow(NadirError);
    expect(parse).toThrow(message);
    expect(parse).toThrow(/^[^\n]*--concept[^\n]*$/);
  });

  test('reads what it writes, whatever the names', () => {
    const concept = fc.oneof(
      fc.string({ minLength: 1 }).map((name) => ({ name })),
      fc.nat(100_000).map((latent) => ({ latent })),
    );
    const wanted = fc.oneof(
      fc.record({ concept, must: fc.constantFrom('have' as const, 'lack' as const), weight: fc.constant(1) }),
      fc.record({
        concept,
        must: fc.constant('counts' as const),
        weight: fc.double({ min: 0.001, max: 1000, noNaN: true }),
      }),
    );
    fc.assert(
      fc.property(fc.array(wanted, { minLength: 1, maxLength: 5 }), (list) => {
        expect(parseConcepts(formatConcepts(list), '--concept')).toEqual(list);
      }),
    );
  });

  test('of what an example is moved by', () => {
    expect(parseShifts('river, snow:0.5', -1, '--minus')).toEqual([counts('river', -1), counts('snow', -0.5)]);
    expect(() => parseShifts('!river', 1, '--plus')).toThrow(/"!" before river: --plus\. Use --minus/);
  });
});
