/** Chooses the scenes that the report shows. */
import { dirname } from 'node:path';
import type { ConceptStage } from './concept-stage.ts';
import type { FlightOutcome } from './flight-record.ts';
import type { ExampleScene } from './mission-facts.ts';
import { cosine } from './recovery.ts';

const MOST_EXAMPLES = 9;
const MOST_NAMES = 4;

/** One of each class that the data set knows, preferably one with names. */
export async function chooseExamples(
  { passes, scenes }: FlightOutcome,
  concepts: ConceptStage,
): Promise<ExampleScene[]> {
  const received = new Map((passes.at(-1)?.received ?? []).map((scene) => [scene.source, scene]));
  const byLabel = new Map<string, ExampleScene>();
  for (const scene of scenes) {
    if (scene.kind !== 'image') continue;
    const own = received.get(scene.name);
    const truth = concepts.trueEmbeddings.get(scene.image);
    if (!own?.embedding || !truth) continue;
    const label = dirname(scene.image);
    const names = (own.concepts ?? []).flatMap(({ name }) => (name === undefined ? [] : [name]));
    const already = byLabel.get(label);
    if (already && (already.names.length > 0 || names.length === 0)) continue;
    byLabel.set(label, {
      source: scene.name,
      label,
      jpeg: await concepts.images.read(scene.image),
      names: [...new Set(names)].slice(0, MOST_NAMES),
      codeBytes: own.codeBytes,
      cosine: cosine(own.embedding, truth),
    });
  }
  return [...byLabel.values()].slice(0, MOST_EXAMPLES);
}
