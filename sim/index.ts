/**
 * The world around the craft, for rehearsals: orbit and passes, a clock that can skip the hours between them, a link that is slow and
 * breaks, scenes from shipped data, a board as a process that loses its power, whole flights by scenario with an audit of every frame,
 * and the mission that does everything once.
 */
export { type Audit, auditFlight } from './audit.ts';
export { type BoardEnd, type BoardOptions, ChildBoard } from './board.ts';
export { type ClockFollower, type ClockMessage, SimulatedClock } from './clock.ts';
export { fly } from './flight.ts';
export type { FlightOptions } from './flight-parts.ts';
export type { FlightOutcome, PassRecord } from './flight-record.ts';
export { LinkEmulator, type LinkOptions, type Traffic } from './link.ts';
export { type MissionDocument, type MissionOptions, runMission, STAGES, type StageRunner } from './mission.ts';
export { EXAMPLE_TLE, type Orbit, orbitOf, STATIONS, type Station, type Tle } from './orbit.ts';
export { type Pass, predictPasses } from './passes.ts';
export { MISSION_SCENARIO, parseScenario, QUICK_SCENARIO, type Scenario, type ScenarioEvent } from './scenario.ts';
export { deliver, drawScenes, patchOf, type Scene, type SceneSource } from './scenes.ts';
