import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { NadirError, Random } from '../../../sdk/base/index.ts';
import {
  CodeIndex,
  type CodeQuery,
  type ConceptTerm,
  likeQuery,
  type Score,
  searchCodes,
  writeCodeIndex,
} from '../../../sdk/concepts/code-index/index.ts';
import { keptRows, scan, someCodes } from './codes.ts';

const N = 120;
/** 25 tiles of 4,096 rows, more than are scored out of order. */
const ROWS = 100_000;
const folder = mkdtempSync(join(tmpdir(), 'nadir-code-index-'));
const codes = someCodes(1, { n: N, rows: ROWS, active: 12, leftOut: 0.6 });
const rows = keptRows(codes);
let index: CodeIndex;

beforeAll(async () => {
  const path = join(folder, 'codes.index');
  await writeCodeIndex(path, codes, { n: N });
  index = CodeIndex.open(path);
});

afterAll(() => {
  index.close();
  rmSync(folder, { recursive: true });
});

/** A query of one to four concepts of one to three latents. */
function randomQuery(random: Random, score: Score): CodeQuery {
  const latent = () => Math.floor(N * random.uniform() ** 2);
  const terms = Array.from({ length: 1 + random.below(4) }, (): ConceptTerm => {
    const latents = Array.from({ length: random.uniform() < 0.6 ? 1 : 1 + random.below(3) }, latent);
    const weight = score === 'weakest' ? random.uniform() * 2 : random.normal();
    const must = random.uniform();
    if (score === 'weakest') return { latents, weight, must: must < 0.8 ? 'have' : 'lack' };
    return { latents, weight, ...(must < 0.4 ? { must: 'have' } : must < 0.55 ? { must: 'lack' } : {}) };
  });
  // the first is one that can be looked for
  const [{ latents }] = terms;
  return { terms: [{ latents, ...(score === 'weakest' ? { must: 'have' } : {}) }, ...terms.slice(1)], score };
}

describe('a search equals a scan of all codes', () => {
  test.each<Score>(['sum', 'cosine', 'weakest'])('by concepts with weights, required and excluded: %s', (score) => {
    const random = Random.of(2, score);
    let found = 0;
    for (let i = 0; i < 60; i++) {
      const query = randomQuery(random, score);
      const limit = 1 + random.below(40);
      const hits = searchCodes(index, query, limit);
      expect(hits, JSON.stringify(query)).toEqual(scan(rows, query, limit));
      found += hits.length;
    }
    expect(found).toBeGreaterThan(500);
  });

  test('by example, and by example plus or minus concepts', () => {
    const random = Random.of(3, 'examples');
    for (let i = 0; i < 12; i++) {
      const example = codes.filter(({ latents }) => latents.length > 3)[random.below(10_000)].row;
      const concepts: ConceptTerm[][] = [
        [],
        [{ latents: [random.below(N)], weight: 0.7 }],
        [{ latents: [random.below(N), random.below(N)], weight: -0.5 }],
        [{ latents: [random.below(N)], must: 'lack' }],
      ];
      for (const extra of concepts) {
        const query = likeQuery(index, example, extra, i % 2 ? 'sum' : 'cosine');
        expect(searchCodes(index, query, 10)).toEqual(scan(rows, query, 10));
      }
    }
  });

  test('with more hits asked for than there are', () => {
    const query: CodeQuery = {
      terms: [
        { latents: [N - 1], must: 'have' },
        { latents: [0], weight: -2 },
      ],
    };
    const all = scan(rows, query, ROWS);
    expect(all.length).toBeGreaterThan(10);
    expect(searchCodes(index, query, ROWS)).toEqual(all);
    expect(searchCodes(index, query, 2 ** 31)).toEqual(all);
  });
});

describe('an example', () => {
  test('is its own best hit, with cosine 1', () => {
    const { row } = codes.find(({ latents }) => latents.length > 5) ?? codes[0];
    const [best] = searchCodes(index, likeQuery(index, row), 1);
    expect(best.score).toBeCloseTo(1, 6);
    expect(index.code(best.row)).toEqual(index.code(row));
  });

  test('less its strongest concept gives way to rows without it', () => {
    const { row } = codes.find(({ latents }) => latents.length > 5) ?? codes[0];
    const [strongest] = index.code(row).latents;
    const hits = searchCodes(index, likeQuery(index, row, [{ latents: [strongest], must: 'lack' }]), 20);
    expect(hits).toHaveLength(20);
    for (const hit of hits) expect(index.code(hit.row).latents).not.toContain(strongest);
  });

  test('without any concept is refused', () => {
    const empty = Array.from({ length: ROWS }, (_, row) => row).find((row) => !rows.has(row)) ?? -1;
    expect(() => likeQuery(index, empty)).toThrow(/shows no concept/);
    expect(() => likeQuery(index, ROWS)).toThrow(/no row/);
  });
});

describe('what an index knows', () => {
  test('the code of each row, strongest first', () => {
    for (let row = 0; row < ROWS; row += 97) {
      const { latents, values } = index.code(row);
      const expected = [...(rows.get(row) ?? [])].sort(([a, x], [b, y]) => y - x || a - b);
      expect(Array.from(latents, (latent, i) => [latent, values[i]])).toEqual(expected);
    }
  });

  test('how many rows show a latent and its largest activation', () => {
    for (const latent of [0, 1, 50, N - 1]) {
      const values = [...rows.values()].flatMap((code) => code.get(latent) ?? []);
      expect(index.latent(latent)).toEqual({ rows: values.length, largest: Math.max(...values) });
    }
  });
});

test.each<[string, CodeQuery, number]>([
  ['nothing', { terms: [] }, 10],
  ['only what hits lack', { terms: [{ latents: [1], must: 'lack' }] }, 10],
  ['only negative weights', { terms: [{ latents: [1], weight: -1 }] }, 10],
  ['a concept without latents', { terms: [{ latents: [] }] }, 10],
  ['a latent beyond the dictionary', { terms: [{ latents: [N] }] }, 10],
  ['a latent that is no number', { terms: [{ latents: [Number.NaN] }] }, 10],
  ['a weight without end', { terms: [{ latents: [1], weight: Number.POSITIVE_INFINITY }] }, 10],
  ['the weakest of what only counts', { terms: [{ latents: [1] }], score: 'weakest' }, 10],
  ['a direction of length 0', { terms: [{ latents: [1], weight: 0, must: 'have' }], score: 'cosine' }, 10],
  ['no hits', { terms: [{ latents: [1] }] }, 0],
])('a query for %s is wrong usage', (_, query, limit) => {
  const search = () => searchCodes(index, query, limit);
  expect(search).toThrow(NadirError);
  expect(search).toThrow(expect.objectContaining({ exitCode: 2 }));
});
