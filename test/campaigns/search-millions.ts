/**
 * Search over millions of codes: builds an index of synthetic codes (4,096 latents of very unequal density, 32 active a row) in bounded memory
 * and measures queries on one thread, each by another example row. Prints one line of JSON: build seconds, bytes of the index, p50 and p95 in
 * milliseconds for each kind of query, greatest resident set after the build and after the queries.
 * Run: node tools/pinned.mjs test/campaigns/search-millions.ts [ROWS] [QUERIES]
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { performance } from 'node:perf_hooks';
import { Random } from '../../sdk/base/index.ts';
import {
  CodeIndex,
  CodeIndexWriter,
  type CodeQuery,
  likeQuery,
  searchCodes,
} from '../../sdk/concepts/code-index/index.ts';
import { CodeSource } from '../bench/sae/random-code-source.ts';

const SEED = 1;
const [N, ACTIVE, LIMIT] = [4096, 32, 20];
const MEMORY_BYTES = 128 * 2 ** 20;
const [rows = 5_000_000, queries = 200] = process.argv.slice(2).map(Number);

const folder = mkdtempSync(join(tmpdir(), 'nadir-search-millions-'));
try {
  const start = performance.now();
  const cpu = process.cpuUsage();
  const source = new CodeSource(SEED, N, ACTIVE);
  const writer = new CodeIndexWriter(join(folder, 'codes.index'), { n: N, memoryBytes: MEMORY_BYTES });
  for (let row = 0; row < rows; row++) {
    source.next();
    writer.add(row, source.latents, source.values);
  }
  const { bytes, segments, postings } = writer.finish();
  const buildSeconds = (performance.now() - start) / 1000;
  const used = process.cpuUsage(cpu);
  const buildRssMB = peakRssMB();
  const index = CodeIndex.open(join(folder, 'codes.index'));
  const kinds: Record<string, (latents: number[], row: number) => CodeQuery> = {
    allOfThree: (latents) => ({ terms: latents.map((latent) => ({ latents: [latent], must: 'have' })) }),
    weakestOfThree: (latents) => ({
      terms: latents.map((latent) => ({ latents: [latent], must: 'have' })),
      score: 'weakest',
    }),
    sumOfThree: (latents) => ({ terms: latents.map((latent) => ({ latents: [latent] })) }),
    twoWithoutThird: ([a, b, c]) => ({
      terms: [
        { latents: [a], must: 'have' },
        { latents: [b], weight: 0.5 },
        { latents: [c], must: 'lack' },
      ],
    }),
    like: (_, row) => likeQuery(index, row),
  };
  const milliseconds = Object.fromEntries(Object.entries(kinds).map(([kind, make]) => [kind, measure(index, make)]));
  index.close();
  console.log(
    JSON.stringify({
      rows,
      latents: N,
      active: ACTIVE,
      postings,
      segments,
      memoryBudgetMB: MEMORY_BYTES / 2 ** 20,
      buildSeconds,
      buildCpuSeconds: (used.user + used.system) / 1e6,
      indexBytes: bytes,
      bytesPerPosting: bytes / postings,
      buildRssMB,
      peakRssMB: peakRssMB(),
      queries,
      limit: LIMIT,
      milliseconds,
    }),
  );
} finally {
  rmSync(folder, { recursive: true });
}

/** Three concepts of a row drawn at random: common ones come more often, and hits exist. */
function measure(index: CodeIndex, make: (latents: number[], row: number) => CodeQuery): Record<string, number> {
  const random = Random.of(SEED, 'queries');
  const times = new Float64Array(queries);
  let postings = 0;
  for (let i = 0; i < queries; i++) {
    const row = random.below(index.rows);
    const latents = random.shuffle([...index.code(row).latents]).slice(0, 3);
    for (const latent of latents) postings += index.latent(latent).rows;
    const start = performance.now();
    searchCodes(index, make(latents, row), LIMIT);
    times[i] = performance.now() - start;
  }
  times.sort();
  const quantile = (share: number) => times[Math.min(queries - 1, Math.floor(share * queries))];
  return { p50: quantile(0.5), p95: quantile(0.95), max: times[queries - 1], meanPostingsOfThree: postings / queries };
}

function peakRssMB(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
