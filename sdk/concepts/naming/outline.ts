/** The hierarchy of named concepts as indented lines: coarse concepts first, under each what refines it. */
import type { ConceptNames } from '../model.ts';

const INDENT = '  ';

/** Lines of the outline; of trees without a valid name none. A latent without one is shown by its number. */
export function outlineOf({ hierarchy = [], named }: ConceptNames): string[] {
  const byLatent = new Map(named.map((latent) => [latent.latent, latent]));
  const children = new Map(hierarchy.map(({ latent, refinedBy }) => [latent, refinedBy]));
  const refining = new Set(hierarchy.flatMap(({ refinedBy }) => refinedBy));
  const treeOf = (latent: number, depth: number): { lines: string[]; isNamed: boolean } => {
    const { name = '', valid = false, level } = byLatent.get(latent) ?? {};
    const line = `${INDENT.repeat(depth)}${valid ? `${name}, latent ${latent}` : `latent ${latent}`} (level ${level ?? '–'})`;
    const below = (children.get(latent) ?? []).map((child) => treeOf(child, depth + 1));
    const shown = below.filter(({ isNamed }) => isNamed);
    return { lines: [line, ...shown.flatMap(({ lines }) => lines)], isNamed: valid || shown.length > 0 };
  };
  return [...children.keys()]
    .filter((latent) => !refining.has(latent))
    .map((latent) => treeOf(latent, 0))
    .flatMap(({ lines, isNamed }) => (isNamed ? lines : []));
}
