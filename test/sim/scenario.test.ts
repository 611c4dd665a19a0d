import { expect, test } from 'vitest';
import { MISSION_SCENARIO, parseScenario, QUICK_SCENARIO } from '../../sim/scenario.ts';

test.each([MISSION_SCENARIO, QUICK_SCENARIO])(
  'scenario $name has at least two passes, an outage and a power cut in the first',
  (scenario) => {
    expect(parseScenario(JSON.parse(JSON.stringify(scenario)), 'shipped')).toEqual(scenario);
    expect(scenario.passes.length).toBeGreaterThanOrEqual(2);
    expect(scenario.passes[0].events.map(({ kind }) => kind)).toEqual(expect.arrayContaining(['outage', 'powerCut']));
  },
);

test('a scenario with a wrong value is refused in one line that says where', () => {
  const late = { ...QUICK_SCENARIO, passes: [{ images: 1, patches: 0, events: [{ kind: 'powerCut', atShare: 1.5 }] }] };
  expect(() => parseScenario(late, 'mine.json')).toThrow(/passes\.0\.events\.0\.atShare.*mine\.json/);
  expect(() => parseScenario({ ...QUICK_SCENARIO, craft: 'no spaces' }, 'mine.json')).toThrow(/craft/);
  expect(() => parseScenario({ ...QUICK_SCENARIO, wind: 3 }, 'mine.json')).toThrow(/wind/);
});
