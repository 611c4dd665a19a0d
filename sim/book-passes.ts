/** Chooses the passes of a scenario from those that the orbit gives. */
import { NadirError } from '../sdk/base/index.ts';
import { orbitOf } from './orbit.ts';
import { type Pass, predictPasses } from './passes.ts';
import type { Scenario } from './scenario.ts';

/** Time before the first pass in which the first scenes are taken. */
export const BEFORE_FIRST_PASS_MS = 5_400_000;

/** The passes that the scenario uses, and as many as it may need to drain the board. */
export function bookPasses(scenario: Scenario): Pass[] {
  const wanted = scenario.passes.length + scenario.drainPasses;
  const fromMs = orbitOf(scenario.tle).epochMs + BEFORE_FIRST_PASS_MS;
  const days = 1 + wanted;
  const passes = predictPasses(scenario.tle, scenario.station, fromMs, fromMs + days * 86_400_000)
    .filter(({ aosMs, losMs }) => losMs - aosMs >= scenario.shortestPassSeconds * 1000)
    .slice(0, wanted);
  if (passes.length >= scenario.passes.length) return passes;
  throw new NadirError({
    what: `${passes.length} passes of ${scenario.shortestPassSeconds} s or more in ${days} days, ${scenario.passes.length} needed`,
    where: `scenario ${scenario.name}`,
    remedy: 'Choose another station or a lower shortestPassSeconds',
    exitCode: 2,
  });
}
