/** What of the images' meaning has reached the ground: recovered embeddings against the encoder's own. */
import type { Scene as ReceivedScene } from '../sdk/ground/index.ts';
import type { Recovery } from './mission-facts.ts';
import type { Scene } from './scenes.ts';

/** True embedding [d] of a held-out image by its name in the source. */
export type TrueEmbeddings = ReadonlyMap<string, Float32Array>;

/** Measures the recovery over the images taken so far. */
export function measureRecovery(
  taken: readonly Scene[],
  received: readonly ReceivedScene[],
  truth: TrueEmbeddings,
): Recovery {
  const images = new Map(
    taken.flatMap((scene) => (scene.kind === 'image' ? [[scene.name, scene.image] as const] : [])),
  );
  let scenes = 0;
  let complete = 0;
  let sum = 0;
  for (const { source, embedding, layersJoined, layersTotal } of received) {
    const own = truth.get(images.get(source) ?? '');
    if (!embedding || !own) continue;
    scenes++;
    if (layersJoined === layersTotal) complete++;
    sum += cosine(embedding, own);
  }
  return { scenes, taken: images.size, complete, cosine: scenes > 0 ? sum / scenes : null };
}

/** Cosine of the angle between two vectors; 0 where one of them is zero. */
export function cosine(a: Float32Array, b: Float32Array): number {
  let dot = 0;
  let aa = 0;
  let bb = 0;
  for (let i = 0; i < a.length; i++) {
    dot += a[i] * b[i];
    aa += a[i] * a[i];
    bb += b[i] * b[i];
  }
  return aa > 0 && bb > 0 ? dot / Math.sqrt(aa * bb) : 0;
}
