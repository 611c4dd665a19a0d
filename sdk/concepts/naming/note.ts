/** What a report says of its names: how many, and why they hold. */
import type { ConceptNames } from '../model.ts';

export function namesNote({ vocabulary, named, threshold, falseDiscoveryRate, by, chance }: ConceptNames): string {
  const valid = named.filter((latent) => latent.valid).length;
  const percent = (share: number) => `${Math.round(share * 1000) / 10} %`;
  if (by !== 'scenes')
    return `Vocabulary ${vocabulary}: ${valid} of ${named.length} latents score at least ${threshold.toFixed(3)}, the cosine above which random directions with the data's covariance would make up at most ${percent(falseDiscoveryRate)} of the names. No scenes confirmed them.`;
  const measured = chance
    ? ` Fresh random latents put to both checks would make up ${percent(chance.rate)} of them.`
    : '';
  return `Vocabulary ${vocabulary}: ${valid} of ${named.length} latents have a valid name. The scenes that they fire on lie nearer to it than those of random latents do, at a false-discovery rate of ${percent(falseDiscoveryRate)}, and on other scenes the images where they are strongest agree.${measured} A latent without a valid name has none here; its best images show it.`;
}
