import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { shippedPath, writeNpy } from '../../sdk/base/index.ts';
import { openShards, readConceptModel, surveyShards, trainConcepts } from '../../sdk/concepts/index.ts';
import { TRAIN_DEFAULTS } from '../../sdk/sae/index.ts';
import { D, newFolder, someEmbeddings } from './scenes.ts';
import { bytesOf, put } from './shards/fixture.ts';
import { writeParquet } from './shards/write-parquet.ts';

const OPTIONS = {
  ...TRAIN_DEFAULTS,
  ...{ levels: [2, 4], expansion: 2, batch: 64, epochs: 3, seed: 3, threads: 1, resampleEvery: 4, deadAfter: 2 },
};

describe('training on shards', () => {
  test('that fit in memory gives the weights that one array gives, and a report with the curve of the training', async () => {
    const folder = newFolder();
    const data = someEmbeddings(400, 1);
    const npy = join(folder, 'all.npy');
    await writeNpy(npy, { shape: [400, D], data });
    const shards = join(folder, 'shards');
    mkdirSync(shards);
    await writeParquet(join(shards, 'a.parquet'), data.subarray(0, 250 * D), D, 100);
    await writeNpy(join(shards, 'b.npy'), { shape: [150, D], data: data.slice(250 * D) });
    const one = join(folder, 'one');
    const many = join(folder, 'many');
    await trainConcepts({ data: npy, out: one }, OPTIONS);
    await trainConcepts({ data: shards, out: many }, OPTIONS);
    expect(readFileSync(join(many, 'sae.safetensors'))).toEqual(readFileSync(join(one, 'sae.safetensors')));
    const { data: about } = await readConceptModel(many);
    const table = await openShards(npy);
    const options = { isHeldOut: () => false, seed: 0, sampleRows: 1, heldOutRows: 0 };
    expect(about).toEqual({ name: 'shards', rows: 360, sha256: (await surveyShards(table, options)).sha256 });
    await table.close();
    expect(readFileSync(join(many, 'training.svg'), 'utf8')).toMatch(/k = 2.*k = 4/s);
    expect(readFileSync(join(many, 'report.html'), 'utf8')).toMatch(
      /<h2>Training<\/h2>.*over 3 epochs; \d+ latents began anew/s,
    );
  });

  test.each(['nan.parquet', 'infinite-half.parquet', 'short-row.parquet', 'strings.parquet'])(
    'that are wrong writes nothing: %s',
    async (name) => {
      const folder = newFolder();
      const out = join(folder, 'out');
      await expect(trainConcepts({ data: put(folder, name, bytesOf(name)), out }, OPTIONS)).rejects.toThrow(name);
      expect(existsSync(out)).toBe(false);
    },
  );

  test('that do not fit the memory streams them within it', async () => {
    const folder = newFolder();
    const [rows, d] = [160_000, 128];
    const some = someEmbeddings(2000, 4);
    const data = Float16Array.from({ length: rows * d }, (_, i) => some[(i * 31) % some.length]);
    mkdirSync(join(folder, 'shards'));
    for (const [i, half] of [data.subarray(0, data.length / 2), data.subarray(data.length / 2)].entries())
      await writeNpy(join(folder, 'shards', `${i}.npy`), { shape: [rows / 2, d], data: half });
    const holdout = join(folder, 'holdout.npy');
    await writeNpy(holdout, { shape: [100, d], data: data.slice(0, 100 * d) });
    const [main, out] = [shippedPath('sdk', 'cli', 'main.ts'), join(folder, 'out')];
    const train = (memory: number) => {
      const options = ['--levels', '2,8', '--expansion', '1', '--batch', '4096', '--epochs', '1', '--threads', '1'];
      const paths = ['--data', join(folder, 'shards'), '--holdout', holdout, '--out', out, '--memory', `${memory}`];
      return spawnSync(
        process.execPath,
        ['--import', PEAK, main, 'concepts', 'train', ...options, ...paths, '--json'],
        {
          encoding: 'utf8',
        },
      );
    };
    const small = train(200);
    expect(small.status).toBe(2);
    expect(small.stderr).toMatch(
      /128 latents of length 128 .* do not train in 200 MiB: --memory\. Give at least \d+ MiB/,
    );
    const { stdout, stderr, status } = train(370);
    expect(status, stderr).toBe(0);
    expect(stderr).toMatch(/streaming 160000 rows of 128 from 2 shards, at most 370 MiB of memory: shuffle buffer/);
    expect(JSON.parse(stdout).holdout).toMatchObject({ rows: 100, byK: expect.any(Array) });
    const peakMiB = Number(/peak (\d+) KiB/.exec(stderr)?.[1]) / 1024;
    expect(peakMiB).toBeLessThan(370);
  });
});

/** Says at the end how much memory the process had resident at most. */
const PEAK = `data:text/javascript,${encodeURIComponent(
  "process.on('exit', () => console.error('peak', process.resourceUsage().maxRSS, 'KiB'))",
)}`;
