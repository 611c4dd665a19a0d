/** A scenario: orbit, station, link, and for each pass what the cameras took before it and what goes wrong in it. Data, checked once. */
import { z } from 'zod';
import { NadirError } from '../sdk/base/index.ts';
import { EXAMPLE_TLE, STATIONS } from './orbit.ts';

const segment = z.string().regex(/^[A-Za-z0-9_-]{1,64}$/);
/** Share of the frames waiting on board at the start of the pass that the ground has archived. Progress, not time: the same on any machine. */
const share = z.number().gt(0).lt(1);

const eventSchema = z.discriminatedUnion('kind', [
  /** Nothing gets through for a while. */
  z.strictObject({ kind: z.literal('outage'), atShare: share, seconds: z.number().positive().max(600) }),
  /** The board loses its power and boots again. */
  z.strictObject({ kind: z.literal('powerCut'), atShare: share }),
]);

const passSchema = z.strictObject({
  /** Frames taken between the pass before and this one. */
  images: z.int().min(0).max(10_000),
  patches: z.int().min(0).max(10_000),
  events: z.array(eventSchema).default([]),
});

/** Schema of a scenario file. */
const scenarioSchema = z.strictObject({
  name: segment,
  mission: segment,
  craft: segment,
  tle: z.strictObject({ name: z.string(), line1: z.string(), line2: z.string(), source: z.string() }),
  station: z.strictObject({
    name: z.string(),
    latitudeDeg: z.number().min(-90).max(90),
    longitudeDeg: z.number().min(-180).max(180),
    altitudeM: z.number().min(-500).max(9000),
    minElevationDeg: z.number().min(0).max(89),
  }),
  link: z.strictObject({
    /** Bytes a simulated second. */
    downBytesPerSecond: z.number().positive(),
    upBytesPerSecond: z.number().positive(),
    /** One way, in real milliseconds: the protocols' own timers are real too. */
    delayMs: z.number().min(0).max(5_000),
  }),
  /** Passes shorter than this are left unused. */
  shortestPassSeconds: z.number().min(0).max(3_600),
  /** Simulated seconds a real one, while the craft is in view. */
  clockRate: z.number().min(1).max(1_000),
  passes: z.array(passSchema).min(1).max(100),
  /** Further passes without new frames, as long as something is left on board. */
  drainPasses: z.int().min(0).max(50),
});

export type Scenario = z.infer<typeof scenarioSchema>;
export type ScenarioEvent = z.infer<typeof eventSchema>;

/** Checks a scenario from outside; `where` names it in errors. */
export function parseScenario(value: unknown, where: string): Scenario {
  const outcome = scenarioSchema.safeParse(value);
  if (outcome.success) return outcome.data;
  const [issue] = outcome.error.issues;
  throw new NadirError({
    what: `scenario: ${issue.path.join('.') || 'it'} ${issue.message}`,
    where,
    remedy: 'Compare it with the scenarios in sim/scenario.ts',
    exitCode: 2,
  });
}

const COMMON = {
  mission: 'demo',
  craft: 'nadir-1',
  tle: EXAMPLE_TLE,
  station: STATIONS.svalbard,
  shortestPassSeconds: 400,
} as const;

/** What `nadir mission` flies: a slow link, an outage and a power cut in the middle of the first pass, another outage in the second. */
export const MISSION_SCENARIO: Scenario = {
  ...COMMON,
  name: 'mission',
  link: { downBytesPerSecond: 100, upBytesPerSecond: 100, delayMs: 5 },
  clockRate: 40,
  passes: [
    {
      images: 150,
      patches: 120,
      events: [
        { kind: 'outage', atShare: 0.15, seconds: 45 },
        { kind: 'powerCut', atShare: 0.3 },
      ],
    },
    { images: 60, patches: 60, events: [{ kind: 'outage', atShare: 0.4, seconds: 30 }] },
    { images: 0, patches: 0, events: [] },
  ],
  drainPasses: 10,
};

/** The same in small, for tests. */
export const QUICK_SCENARIO: Scenario = {
  ...COMMON,
  name: 'quick',
  link: { downBytesPerSecond: 25, upBytesPerSecond: 40, delayMs: 2 },
  clockRate: 60,
  passes: [
    {
      images: 24,
      patches: 24,
      events: [
        { kind: 'outage', atShare: 0.15, seconds: 40 },
        { kind: 'powerCut', atShare: 0.35 },
      ],
    },
    { images: 8, patches: 8, events: [] },
  ],
  drainPasses: 10,
};
