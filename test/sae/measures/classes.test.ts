/** Measures by class against scikit-learn and numpy (test/oracles/sae_measures.py), and on models whose faults are planted. */
import { describe, expect, it } from 'vitest';
import { Random } from '../../../sdk/base/index.ts';
import { prefix, reconstruct, type SaeWeights } from '../../../sdk/sae/index.ts';
import {
  measureAbsorption,
  measureProbeLoss,
  measureSplitting,
  ownRows,
  probeAccuracy,
  sparseProbing,
  subClusters,
  trainClassProbe,
  trainProbe,
} from '../../../sdk/sae/measures/index.ts';
import { codesAt, embeddings, everySecond, fixture, furthest, halves, rowsOf, sae } from './fixture.ts';

const EXACT = { tolerance: 1e-9, maxIterations: 2000 };
const { d, n } = sae;

describe('what a linear probe loses', () => {
  const probe = () => trainProbe(rowsOf(embeddings, 0), d, everySecond(fixture.labels, 0), 3, EXACT);
  const test = rowsOf(embeddings, 1);

  it('is the KL and the agreement of scikit-learn at every k', async () => {
    const trained = probe();
    const codes = everySecond(await codesAt(n), 1);
    for (const { k, kl, agreement, accuracy } of fixture.probeLoss) {
      const cut = codes.map((code) => prefix(code, k));
      const reconstructions = reconstruct(sae, cut);
      const loss = measureProbeLoss(trained, test, reconstructions);
      expect(loss.kl, `k ${k}`).toBeCloseTo(kl, 5);
      expect(loss.agreement).toBeCloseTo(agreement, 12);
      expect(probeAccuracy(trained, reconstructions, everySecond(fixture.labels, 1))).toBeCloseTo(accuracy, 12);
    }
  });

  it('is nothing where nothing is lost, and finite where probabilities round to 0', () => {
    const trained = probe();
    expect(measureProbeLoss(trained, test, test)).toEqual({ kl: 0, agreement: 1 });
    const far = measureProbeLoss(
      trained,
      test,
      test.map((value) => 400 * value),
    );
    expect(far.kl / fixture.farKl).toBeCloseTo(1, 5);
  });
});

describe('sparse probing', () => {
  it('chooses the latents and reaches the accuracy of scikit-learn', async () => {
    const { train, test } = await halves(8);
    const dense = [0, 1, 2].map((label) => trainClassProbe(train.embeddings, d, ownRows(train.labels, label), EXACT));
    const { classes, mean } = sparseProbing(train, test, n, dense, [1, 3, 5], EXACT);
    expect(furthest(classes, fixture.probing)).toBeLessThan(1e-9);
    const f1 = fixture.probing.reduce((sum, { sparse }) => sum + sparse[2].f1, 0) / 3;
    expect(mean.sparse[2]).toMatchObject({ k: 5, f1: expect.closeTo(f1, 9) });
  });
});

describe('splitting and absorption', () => {
  it('are those of the definitions in numpy', async () => {
    const { train, test } = await halves(8);
    const subs = everySecond(fixture.subs, 1);
    fixture.splitting.forEach((expected, label) => {
      const found = measureSplitting(train, test, n, label, EXACT);
      expect(furthest(found, expected), `class ${label}`).toBeLessThan(1e-9);
      const probe = trainClassProbe(train.embeddings, d, ownRows(train.labels, label), EXACT);
      const { main, ...counted } = fixture.absorption[label];
      const absorption = measureAbsorption(sae, test, label, [main], probe, subs);
      expect(furthest(absorption, counted), `class ${label}`).toBeLessThan(1e-9);
    });
  });

  // class 0 lies along feature 0, and half of its rows along feature 1 too: a sub-cluster
  const planted = (() => {
    const random = Random.of(9, 'planted absorption');
    const labels = Array.from({ length: 400 }, (_, row) => Number(row % 2 === 1));
    const subs = labels.map((label, row) => (label === 0 && row % 4 === 0 ? 1 : 0));
    const rows = Float32Array.from(
      labels.flatMap((label, row) => {
        const noise = () => 0.02 * random.normal();
        return [(label === 0 ? 1 : 0) + noise(), subs[row] + noise(), (label === 1 ? 1 : 0) + noise()];
      }),
    );
    return { labels, subs, rows };
  })();
  const model = (atoms: number[]): SaeWeights => ({
    ...{ d: 3, n: atoms.length / 3, activation: 'topk', levels: [1], scale: 1, nonNegative: false },
    ...{ wEnc: Float32Array.from(atoms), wDec: Float32Array.from(atoms), bPre: new Float32Array(3) },
    ...{ bLat: new Float32Array(atoms.length / 3), mean: new Float32Array(3) },
  });
  const measured = (codeOf: (row: number) => readonly (readonly [number, number])[], atoms: number[]) => {
    const codes = planted.labels.map((_, row) => ({
      latents: Uint32Array.from(codeOf(row), ([latent]) => latent),
      values: Float32Array.from(codeOf(row), ([, value]) => value),
    }));
    const all = { codes, embeddings: planted.rows, labels: planted.labels };
    const splitting = measureSplitting(all, all, atoms.length / 3, 0);
    const probe = trainClassProbe(planted.rows, 3, ownRows(planted.labels, 0));
    return { splitting, absorption: measureAbsorption(model(atoms), all, 0, [0], probe, planted.subs) };
  };
  const half = Math.SQRT1_2;

  it('find a latent of a sub-cluster that took its class over', () => {
    // latent 1 stands for class and sub-cluster at once, so latent 0 is silent there
    const { absorption, splitting } = measured(
      (row) => (planted.labels[row] === 1 ? [[2, 1]] : planted.subs[row] === 1 ? [[1, Math.SQRT2]] : [[0, 1]]),
      [1, 0, 0, half, half, 0, 0, 0, 1],
    );
    expect(absorption).toMatchObject({ rows: 200, recall: 0.5, absorbed: 0.5 });
    expect(absorption.subs).toEqual([
      { sub: 0, latent: null, rows: 100, recall: 1, absorbed: 0 },
      { sub: 1, latent: 1, rows: 100, recall: 0, absorbed: 1 },
    ]);
    expect(splitting.f1).toBe(1);
  });

  it('find none where the class keeps its latent', () => {
    const { absorption, splitting } = measured(
      (row) =>
        planted.labels[row] === 1 ? [[2, 1]] : [[0, 1], ...(planted.subs[row] === 1 ? ([[1, 1]] as const) : [])],
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
    );
    expect(absorption).toMatchObject({ rows: 200, recall: 1, absorbed: 0 });
    expect(splitting).toEqual({ mains: [0], f1: 1 });
  });

  it('find a class that went into two latents', () => {
    const { splitting } = measured(
      (row) => (planted.labels[row] === 1 ? [] : [[planted.subs[row], 1]]),
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
    );
    expect(splitting).toEqual({ mains: [0, 1], f1: 1 });
  });

  it('count no latent that adds hardly anything', () => {
    // latent 0 misses 4 of the 200 rows of the class, which latent 1 has
    const { splitting } = measured(
      (row) => (planted.labels[row] === 1 ? [] : [[row % 100 === 0 ? 1 : 0, 1]]),
      [1, 0, 0, 0, 1, 0, 0, 0, 1],
    );
    expect(splitting).toEqual({ mains: [0], f1: 392 / 396 });
  });

  it('find nothing absorbed in rows that lie on the far side of the class', () => {
    // the class's rows are moved against its direction, and the biased probe still places them in it
    const { labels, subs, rows } = planted;
    const codes = labels.map(() => ({ latents: Uint32Array.of(1), values: Float32Array.of(1) }));
    const probe = { ...trainClassProbe(rows, 3, ownRows(labels, 0)), bias: Float64Array.of(0, 1e6) };
    const away = { ...model([0, 0, 1, half, half, 0]), mean: Float32Array.of(9, 9, 0) };
    const absorption = measureAbsorption(away, { codes, embeddings: rows, labels }, 0, [0], probe, subs);
    expect(absorption).toMatchObject({ rows: 200, recall: 0, absorbed: 0 });
  });
});

describe('sub-clusters', () => {
  it('of a class lie about as close as scikit-learn finds them from the best of fifty starts', () => {
    const subs = subClusters(embeddings, d, fixture.labels, 3, 3, 7);
    fixture.inertia.forEach((best, label) => {
      const rows = fixture.labels.flatMap((own, row) => (own === label ? [row] : []));
      let inertia = 0;
      for (const sub of [0, 1, 2]) {
        const members = rows.filter((row) => subs[row] === sub);
        expect(members.length).toBeGreaterThan(0);
        for (let j = 0; j < d; j++) {
          const mean = members.reduce((sum, row) => sum + embeddings[row * d + j], 0) / members.length;
          inertia += members.reduce((sum, row) => sum + (embeddings[row * d + j] - mean) ** 2, 0);
        }
      }
      expect(inertia).toBeGreaterThan(best - 1e-3);
      expect(inertia).toBeLessThan(1.1 * best);
    });
    expect(subClusters(embeddings, d, fixture.labels, 3, 3, 7)).toEqual(subs);
  });

  it('are the groups that lie apart; rows of no class and classes of few rows do no harm', () => {
    const random = Random.of(4, 'groups');
    const rows = Float32Array.from({ length: 60 }, (_, row) => (row % 3) * 50 + random.normal());
    const labels = Array.from({ length: 60 }, (_, row) => (row < 57 ? 0 : row < 59 ? -1 : 1));
    const subs = subClusters(rows, 1, labels, 2, 3, 1);
    for (let row = 3; row < 57; row++) expect(subs[row]).toBe(subs[row % 3]);
    expect(new Set(subs.subarray(0, 3)).size).toBe(3);
    expect(subs[59]).toBe(0);
  });
});
