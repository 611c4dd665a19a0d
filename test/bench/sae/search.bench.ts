/** Search of an index of codes on disk beside a scan of the same codes in memory, and beside DuckDB over the same postings; all give the same rows. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { Random } from '../../../sdk/base/index.ts';
import {
  CodeIndex,
  type CodeQuery,
  likeQuery,
  searchCodes,
  writeCodeIndex,
} from '../../../sdk/concepts/code-index/index.ts';
import type { SparseCode } from '../../../sdk/sae/index.ts';
import { type BenchCase, cpuSeconds, type Measured } from '../case.ts';
import { CodeSource } from './random-code-source.ts';

const [N, ACTIVE, ROWS, QUERIES, LIMIT] = [4096, 32, 200_000, 20, 20];
const SEED = 1;

/** What answers a query: rows of its hits, best first. */
type Answer = (query: CodeQuery) => number[] | Promise<number[]>;
type Peer = (index: CodeIndex, folder: string) => Answer | Promise<Answer>;

async function indexOf(folder: string): Promise<CodeIndex> {
  function* codes() {
    const source = new CodeSource(SEED, N, ACTIVE);
    for (let row = 0; row < ROWS; row++) {
      source.next();
      yield { row, latents: source.latents, values: source.values };
    }
  }
  const path = join(folder, 'codes.index');
  await writeCodeIndex(path, codes(), { n: N });
  return CodeIndex.open(path);
}

/** Three concepts, all required, of rows drawn at random. */
function threeConcepts(index: CodeIndex, random: Random): CodeQuery {
  const latents = random.shuffle([...index.code(random.below(ROWS)).latents]).slice(0, 3);
  return { terms: latents.map((latent) => ({ latents: [latent], must: 'have' })) };
}

/** Looks at every code, as the search of a small model does. */
const scan: Peer = (index) => {
  const codes = Array.from({ length: ROWS }, (_, row): SparseCode => index.code(row));
  const norms = Float32Array.from(codes, ({ values }) => Math.sqrt(values.reduce((sum, value) => sum + value ** 2, 0)));
  const weights = new Float64Array(N);
  return ({ terms, score }) => {
    for (const { latents, weight = 1 } of terms) weights[latents[0]] = weight;
    const needed = terms.filter(({ must }) => must === 'have').length;
    const hits: { row: number; sum: number }[] = [];
    for (let row = 0; row < ROWS; row++) {
      const { latents, values } = codes[row];
      let [sum, found] = [0, 0];
      for (let i = 0; i < latents.length; i++) {
        const weight = weights[latents[i]];
        if (weight === 0) continue;
        sum += weight * values[i];
        found++;
      }
      if (found > 0 && found >= needed) hits.push({ row, sum: score === 'cosine' ? sum / norms[row] : sum });
    }
    for (const { latents } of terms) weights[latents[0]] = 0;
    return best(hits);
  };
};

/** A column store in memory: postings sorted by latent, which its zone maps skip by. One thread. */
const duckDb: Peer = async (index, folder) => {
  const path = join(folder, 'postings.csv');
  for (let from = 0; from < ROWS; from += 20_000) {
    const lines: string[] = [];
    for (let row = from; row < Math.min(ROWS, from + 20_000); row++) {
      const { latents, values } = index.code(row);
      for (let i = 0; i < latents.length; i++) lines.push(`${row},${latents[i]},${values[i]}`);
    }
    writeFileSync(path, `${lines.join('\n')}\n`, { flag: from === 0 ? 'w' : 'a' });
  }
  const connection = await (await DuckDBInstance.create(':memory:', { threads: '1' })).connect();
  await connection.run(
    `CREATE TABLE codes AS SELECT * FROM read_csv('${path}', header = false,
     columns = {'row': 'UINTEGER', 'latent': 'USMALLINT', 'value': 'FLOAT'}) ORDER BY latent, row`,
  );
  return async ({ terms }) => {
    const latents = terms.map((term) => term.latents[0]);
    const result = await connection.runAndReadAll(
      `SELECT row, sum(value::DOUBLE) AS score FROM codes WHERE latent IN (${latents.join(', ')})
       GROUP BY row HAVING count(*) = ${latents.length} ORDER BY score DESC, row LIMIT ${LIMIT}`,
    );
    return result.getRows().map(([row]) => Number(row));
  };
};

function best(hits: { row: number; sum: number }[]): number[] {
  return hits
    .sort((a, b) => b.sum - a.sum || a.row - b.row)
    .slice(0, LIMIT)
    .map(({ row }) => row);
}

function searchCase(
  what: string,
  goal: number,
  peerName: string,
  openPeer: Peer,
  makeQuery: (index: CodeIndex, random: Random) => CodeQuery,
): BenchCase {
  let index: CodeIndex;
  let peer: Answer;
  let queries: CodeQuery[];
  const measured = async (answer: Answer): Promise<Measured> => ({
    seconds: await cpuSeconds(async () => {
      for (const query of queries) await answer(query);
    }),
    queries: QUERIES,
  });
  const ours: Answer = (query) => searchCodes(index, query, LIMIT).map(({ row }) => row);
  return {
    name: `search/${what}`,
    goal,
    repeats: 3,
    prepare: async (folder) => {
      index = await indexOf(folder);
      peer = await openPeer(index, folder);
      const random = Random.of(SEED, what);
      queries = Array.from({ length: QUERIES }, () => makeQuery(index, random));
      for (const query of queries) {
        const [a, b] = [await ours(query), await peer(query)];
        if (a.join() !== b.join()) throw new Error(`${peerName} finds rows ${b}, we ${a}`);
      }
    },
    ours: () => measured(ours),
    peerHere: { name: peerName, run: () => measured(peer) },
  };
}

export const cases: BenchCase[] = [
  searchCase('three concepts of 200,000 codes against a scan', 10, 'scan in memory', scan, threeConcepts),
  searchCase('three concepts of 200,000 codes against DuckDB', 5, 'DuckDB', duckDb, threeConcepts),
  searchCase('like an example of 200,000 codes', 2, 'scan in memory', scan, (index, random) =>
    likeQuery(index, random.below(ROWS)),
  ),
];
