/** How much a mission does: the real one, and the quick one for tests. */
import { DEFAULT_FOREST, type ForestChoices } from '../sdk/explain/index.ts';
import { type Initialisation, TRAIN_DEFAULTS } from '../sdk/sae/index.ts';
import { LOCAL_GROUPS } from '../sdk/spectra/index.ts';
import { MISSION_SCENARIO, QUICK_SCENARIO, type Scenario } from './scenario.ts';

export interface ConceptSettings {
  /** Scenes that the concept model is trained on, and held out from it, at most. */
  readonly train: number;
  readonly heldOut: number;
  /** Embeddings made of each training scene: as it is, turned, mirrored; 1 to 8. */
  readonly variants: number;
  readonly epochs: number;
  readonly learningRate: number;
  readonly initialisation: Initialisation;
  /** Words that name the latents. */
  readonly vocabulary: 'land-cover' | 'imagenet';
}

export interface MissionSettings {
  readonly soil: {
    readonly data: string;
    readonly targets: readonly string[];
    /** Feature groups: those of one band and its neighbours, so that fewer features are fewer bands to read. */
    readonly groups: readonly string[];
    /** Samples kept away from training for the flight. */
    readonly setAside: number;
    readonly folds: string;
    readonly keep: readonly number[];
    readonly forest: ForestChoices;
  };
  readonly concepts: ConceptSettings;
  readonly scenario: Scenario;
}

const SOIL = { data: 'limesoda', targets: ['pH', 'clay', 'SOC'], groups: LOCAL_GROUPS } as const;

/** Published folds, forests of the default size. */
export const FULL: MissionSettings = {
  soil: { ...SOIL, setAside: 60, folds: 'column:fold', keep: [12, 24, 48, 120], forest: DEFAULT_FOREST },
  concepts: { ...TRAIN_DEFAULTS, train: 1700, heldOut: 300, variants: 4, vocabulary: 'land-cover' },
  scenario: MISSION_SCENARIO,
};

/** A minute on two cores. */
export const QUICK: MissionSettings = {
  soil: { ...SOIL, setAside: 40, folds: '3', keep: [24, 48], forest: { ...DEFAULT_FOREST, trees: 12 } },
  concepts: {
    ...{ train: 400, heldOut: 60, variants: 2, vocabulary: 'land-cover' },
    // so few scenes are too few atoms of their own: principal directions generalise better
    ...{ epochs: TRAIN_DEFAULTS.epochs, learningRate: 1e-3, initialisation: 'components' },
  },
  scenario: QUICK_SCENARIO,
};
