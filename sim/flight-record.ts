/** What a flight leaves behind, pass by pass. */
import type { Scene as ReceivedScene } from '../sdk/ground/index.ts';
import type { Audit } from './audit.ts';
import type { Scene } from './scenes.ts';
import type { TimelinePass } from './timeline.ts';

/** What one pass brought. */
export interface PassRecord extends TimelinePass {
  readonly maxElevationDeg: number;
  /** Scenes taken since the pass before. */
  readonly scenes: number;
  /** What waited on board when the pass began. */
  readonly offeredFrames: number;
  readonly offeredBytes: number;
  /** Frames that the board put on the link, and those of them that it had put there before. */
  readonly sentFrames: number;
  readonly retransmittedFrames: number;
  /** Everything the link carried down, with MQTT around it, and up. */
  readonly downBytes: number;
  readonly upBytes: number;
  /** Bytes under way that a cut destroyed. */
  readonly lostBytes: number;
  /** Frames that the board has deleted because the ground has them. */
  readonly acknowledgedFrames: number;
  /** Frames that came twice and were dropped by the ground. */
  readonly duplicatesDropped: number;
  /** Frames that the ground knows to exist and does not have, at the end of the pass. */
  readonly gaps: number;
  /** Frames that stayed on board at the end of the pass. */
  readonly waitingFrames: number;
  /** Scenes as the ground has them at the end of the pass. */
  readonly received: readonly ReceivedScene[];
}

export interface FlightOutcome {
  readonly passes: readonly PassRecord[];
  readonly audit: Audit;
  /** All that was taken, in order. */
  readonly scenes: readonly Scene[];
  readonly boots: number;
  readonly powerCuts: number;
  readonly outages: number;
  readonly peakRssBytes: number;
  /** Payloads that the ground refused. */
  readonly quarantined: number;
  /** Camera frames that the board could not work on. */
  readonly failedScenes: number;
}
