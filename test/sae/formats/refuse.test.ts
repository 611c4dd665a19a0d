import { mkdtempSync } from 'node:fs';
import { cp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { formatNpz, NadirError, Random } from '../../../sdk/base/index.ts';
import { readAnySae } from '../../../sdk/sae/formats/index.ts';
import { formatSafeTensors } from '../../../sdk/sae/index.ts';
import { fixturePath } from './cases.ts';
import { CORPUS, copyOf, floats, LENS, MSAE, SPARSIFY } from './corpus.ts';

describe('malformed', () => {
  test.each(CORPUS)('%s (%s) gives one clear error', async (_, name, spoil, message) => {
    const path = await copyOf(name);
    await spoil(path);
    const thrown: unknown = await readAnySae(path).catch((error: unknown) => error);
    expect(thrown).toBeInstanceOf(NadirError);
    const error = thrown as NadirError;
    expect(error.message).toMatch(message);
    expect(error.where).toContain(path);
    expect(error.message).not.toMatch(/\n/);
    expect(error.remedy.length).toBeGreaterThan(10);
  });

  test('weights under a name that hides their configuration say which name they need', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nadir-formats-'));
    await cp(join(fixturePath('lens-topk'), LENS), join(folder, 'a.safetensors'));
    await expect(readAnySae(join(folder, 'a.safetensors'))).rejects.toThrow(
      /weights of sae-lens under another name.*sae_weights\.safetensors/,
    );
    await cp(join(fixturePath('sparsify-topk'), SPARSIFY), join(folder, 'b.safetensors'));
    await expect(readAnySae(join(folder, 'b.safetensors'))).rejects.toThrow(
      /weights of sparsify or latentsae.*sae\.safetensors/,
    );
    await expect(readAnySae(folder)).rejects.toThrow(/several files of weights/);
  });

  test('a checkpoint whose name says what is not read is refused', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nadir-formats-'));
    const capped = join(folder, '12_6_TopKReLU_2_UW_False_False_30.0_rows.pth.npz');
    await cp(fixturePath(MSAE), capped);
    await expect(readAnySae(capped)).rejects.toThrow(/capped at 30.*_30\.0_rows/);
    const normalised = join(folder, '12_6_TopKReLU_2_RW_False_True_0.0_rows.pth.npz');
    await cp(fixturePath(MSAE), normalised);
    await expect(readAnySae(normalised)).rejects.toThrow(/each input is normalised/);
  });

  test.each([
    ['a pickle', Buffer.from([0x80, 2, 0x7d, 0x71, 0, 0x28, 0x58, 0, 0, 0]), /Python pickle.*python -c/],
    [
      'an .npz of something else',
      formatNpz({ embeddings: floats(3, 2) }),
      /holds no autoencoder that is read \(embeddings\)/,
    ],
    [
      'safetensors of something else',
      formatSafeTensors({ weight: floats(2) }),
      /holds no autoencoder that is read \(weight\)/,
    ],
    ['text', Buffer.from('not an autoencoder'), /neither safetensors nor \.npz/],
    ['no bytes', Buffer.alloc(0), /neither safetensors nor \.npz/],
  ])('%s is refused by what it is', async (_, bytes, message) => {
    const path = join(mkdtempSync(join(tmpdir(), 'nadir-formats-')), 'file');
    await writeFile(path, bytes);
    await expect(readAnySae(path)).rejects.toThrow(message);
  });

  test('a PyTorch checkpoint is refused with the way to convert it', async () => {
    await expect(readAnySae(fixturePath('msae.pth'))).rejects.toThrow(/a PyTorch checkpoint.*msae\.pth.*python -c/);
  });

  test('an empty folder and a missing path are named', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nadir-formats-'));
    await expect(readAnySae(folder)).rejects.toThrow(/holds no autoencoder \(nothing\): .*nadir-formats-/);
    await expect(readAnySae(join(folder, 'nowhere'))).rejects.toThrow(/cannot read: .*nowhere/);
  });

  const damaged = [
    ['lens-jumprelu', LENS],
    ['lens-topk', 'cfg.json'],
    ['latentsae-batchtopk', SPARSIFY],
    ['params-jumprelu.npz', ''],
    ['msae.safetensors', ''],
    ['own-relu.safetensors', ''],
  ] as const;

  test.each(damaged)(
    'bytes of %s %s changed or cut anywhere give a whole result or one clear error',
    async (name, file) => {
      const random = Random.of(6, `damage ${name}`);
      const path = await copyOf(name);
      const target = file === '' ? path : join(path, file);
      const whole = await readFile(target);
      let refused = 0;
      for (let round = 0; round < 80; round++) {
        const bytes = Buffer.from(random.uniform() < 0.3 ? whole.subarray(0, random.below(whole.length)) : whole);
        for (let i = random.below(4); i > 0 && bytes.length > 0; i--)
          bytes[random.below(bytes.length)] = random.below(256);
        await writeFile(target, bytes);
        const result: unknown = await readAnySae(path).catch((error: unknown) => error);
        if (result instanceof Error) {
          expect(result).toBeInstanceOf(NadirError);
          expect((result as NadirError).where).toContain(path);
          refused++;
        }
      }
      expect(refused).toBeGreaterThan(20);
    },
  );
});
