/** Models that training may try: a kind, how it is fitted, and the feature groups that it reads. */

import { NadirError } from '../base/index.ts';
import { ESTIMATOR_KINDS, type EstimatorKind, type EstimatorOptions } from '../forest/index.ts';
import type { ForestChoices, Problem } from './problem.ts';

export interface Candidate {
  /** Kind and groups, as reports say it: `ridge on abs`. */
  readonly name: string;
  readonly kind: EstimatorKind;
  readonly options: EstimatorOptions;
  /** Columns of the problem's features that it reads, in its order. */
  readonly columns: Uint32Array;
}

/** A candidate before the features are known. */
export interface Recipe {
  readonly kind: EstimatorKind;
  readonly groups: readonly string[];
  readonly options?: EstimatorOptions;
}

/**
 * What `auto` tries. Linear models on three preprocessings and trees on two of them: on the 16 pairs of test/campaigns/sixteen-pairs.ts each is
 * the best of these somewhere.
 */
export const AUTO_RECIPES: readonly Recipe[] = [
  { kind: 'ridge', groups: ['abs'] },
  { kind: 'ridge', groups: ['abs.sg1'] },
  { kind: 'ridge', groups: ['pre'] },
  { kind: 'pls', groups: ['arr'] },
  { kind: 'pls', groups: ['snv'], options: { componentRule: 'least' } },
  { kind: 'extra', groups: ['pre', 'abs.sg1'], options: { minLeaf: 1 } },
];

/** Groups that a kind reads unless told otherwise; every group that the data allows where absent. */
export const DEFAULT_GROUPS: Partial<Readonly<Record<EstimatorKind, readonly string[]>>> = {
  pls: ['pre'],
  ridge: ['pre'],
  extra: ['pre', 'abs.sg1'],
};

function recipeName({ kind, groups }: Pick<Recipe, 'kind' | 'groups'>): string {
  return `${kind} on ${groups.join(' + ')}`;
}

/** Models that `spectra train` knows. */
export const MODELS = [...ESTIMATOR_KINDS, 'auto'] as const;
export type ModelName = (typeof MODELS)[number];

export function knownModel(name: string): ModelName {
  const known = MODELS.find((model) => model === name);
  if (known === undefined)
    throw new NadirError({
      what: `unknown model "${name}"`,
      where: '--model',
      remedy: `Choose among ${MODELS.join(', ')}`,
      exitCode: 2,
    });
  return known;
}

/** What `auto` may choose among with these groups; nothing for another model. */
export function recipesOf(
  name: ModelName,
  options: { readonly recipes?: readonly Recipe[]; readonly groups?: readonly string[] },
): readonly Recipe[] {
  if (name !== 'auto') return [];
  const recipes = options.recipes ?? AUTO_RECIPES;
  const { groups } = options;
  const left = groups ? recipes.filter((recipe) => recipe.groups.every((group) => groups.includes(group))) : recipes;
  if (left.length === 0)
    throw new NadirError({
      what: 'no candidate is left to choose among',
      where: `--groups ${groups?.join(',')}`,
      remedy: `Candidates are ${recipes.map(recipeName).join(', ')}`,
      exitCode: 2,
    });
  return left;
}

/** The candidates on a problem's features: one, or a recipe each. */
export function candidatesOf(
  name: ModelName,
  recipes: readonly Recipe[],
  { features, fit }: Problem,
  given: Partial<ForestChoices>,
): Candidate[] {
  if (name !== 'auto') {
    const every = Uint32Array.from(features.keys());
    const options = name === 'forest' ? fit.forest : given;
    return [{ name, kind: name, options, columns: name === 'mean' ? new Uint32Array(0) : every }];
  }
  const candidates = recipes.map((recipe): Candidate => {
    const columns = [...features.keys()].filter((column) => recipe.groups.includes(features[column].group));
    return {
      name: recipeName(recipe),
      kind: recipe.kind,
      options: { ...recipe.options, ...given },
      columns: Uint32Array.from(columns),
    };
  });
  return candidates.filter(({ columns }) => columns.length > 0);
}
