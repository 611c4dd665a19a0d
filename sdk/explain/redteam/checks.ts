/** The eighteen checks in their order; two have a second look of their own. */
import { narrowRange, slices } from './accuracy-checks.ts';
import { spuriousBands } from './band-checks.ts';
import type { Check } from './check.ts';
import { costTruth } from './cost-check.ts';
import { counterfactual } from './counterfactual-check.ts';
import { dataBands } from './data-bands.ts';
import { outOfDistribution } from './domain-check.ts';
import { geometry } from './geometry-check.ts';
import { labelRandomisation, refitOnKept, stability } from './ranking-checks.ts';
import { illumination, inputStability, sensorFaults } from './sensor-checks.ts';
import { additivity, deletion, interactions } from './shap-checks.ts';
import { shortcuts } from './shortcut-check.ts';
import { groupedValidation, leaks } from './split-checks.ts';

export const CHECKS: readonly Check[] = [
  additivity,
  deletion,
  refitOnKept,
  labelRandomisation,
  stability,
  inputStability,
  narrowRange,
  groupedValidation,
  leaks,
  slices,
  spuriousBands,
  shortcuts,
  sensorFaults,
  dataBands,
  geometry,
  illumination,
  counterfactual,
  outOfDistribution,
  interactions,
  costTruth,
];
