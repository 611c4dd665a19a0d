/**
 * The flight runtime: takes camera frames, runs the models of a signed bundle, stores every result before anything else sees it, and
 * keeps it until the ground says that its archive has it. Carries evaluators only; nothing here trains, and nothing here is trusted to
 * stay up: a fall at any instant loses nothing and repeats nothing.
 */
export { type Clock, type ClockSetting, SteppedClock, systemClock } from './clock.ts';
export { type Device, readDevice } from './device.ts';
export type { Log, LogLevel } from './log.ts';
export type { Mode, OnboardHandle, OnboardOptions, OnboardStatus } from './options.ts';
export { startOnboard } from './runtime.ts';
export { type CameraFrame, type FrameSource, folderSource } from './source.ts';
export type { StoreLimits } from './store.ts';
export { readStoreStatus, type StoreStatus } from './store-status.ts';
