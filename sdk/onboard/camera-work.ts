/** Works on camera frames one by one, each once for ever: its results and the mark that it is finished are one transaction. */
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../base/index.ts';
import { LinkError } from '../link/index.ts';
import type { Keeper } from './keeper.ts';
import type { Log } from './log.ts';
import type { Pipeline } from './pipeline.ts';
import type { CameraFrame, FrameSource } from './source.ts';
import type { FrameStore, StoreChange } from './store.ts';
import type { Telemetry } from './telemetry.ts';

const STORE_RETRY_MS = 1000;
const SAFE_POLL_MS = 50;
/** Falls in a row with the same camera frame at work, after which that frame is given up: it may be what brings the board down. */
const MOST_FALLS = 5;

export interface CameraWork {
  readonly source: FrameSource;
  readonly pipeline: Pipeline;
  readonly store: FrameStore;
  readonly keeper: Keeper;
  readonly telemetry: Telemetry;
  readonly log: Log;
}

/** Takes frames until the signal, none in safe mode. What was begun is finished, as far as the store can be written. */
export async function workOnFrames(work: CameraWork, signal: AbortSignal): Promise<void> {
  const { source, store, keeper, log } = work;
  let isFirst = store.resetReason === 'unexpected reset';
  try {
    for await (const frame of source.frames((name) => store.isFinished(name), signal)) {
      while (keeper.mode === 'safe' && !signal.aborted) await sleep(SAFE_POLL_MS);
      if (signal.aborted) return;
      const change = isFirst && isToBlame(work, frame) ? giveUp(work, frame) : await changeOf(work, frame);
      isFirst = false;
      while (!commit(work, frame, change) && !signal.aborted) await sleep(STORE_RETRY_MS);
    }
  } catch (thrown) {
    log('error', 'the frame source ended', { why: messageOf(thrown) });
    keeper.enter('degraded', `the frame source ended: ${messageOf(thrown)}`, 'error');
  }
}

/** Whether the board has fallen too often with this frame at work. */
function isToBlame({ store, log }: CameraWork, { name }: CameraFrame): boolean {
  try {
    return store.suspect(name) > MOST_FALLS;
  } catch (thrown) {
    log('warning', 'the store does not note what is worked on', { why: messageOf(thrown) });
    return false;
  }
}

function giveUp(work: CameraWork, { name }: CameraFrame): StoreChange {
  return failure(
    work,
    name,
    `${name}: the board fell ${MOST_FALLS} times with it at work; given up. Look at it on the ground`,
  );
}

/** What a camera frame comes to. Whatever is wrong with it is an event and a mark, never a crash. */
async function changeOf(work: CameraWork, frame: CameraFrame): Promise<StoreChange> {
  const { pipeline, telemetry } = work;
  const { name } = frame;
  if (frame.kind === 'unknown') {
    const why = `${name}: not an .npz or .jpg with a name of up to 128 characters. Put other files elsewhere`;
    return { frames: [telemetry.event('warning', 'frame-ignored', why)], camera: { name, outcome: 'ignored' } };
  }
  try {
    const results = await pipeline.process(frame);
    return {
      frames: results.map(({ stream, values }) => telemetry.draft(stream, values)),
      camera: { name, outcome: 'done' },
    };
  } catch (thrown) {
    return failure(work, name, messageOf(thrown));
  }
}

function commit(work: CameraWork, frame: CameraFrame, change: StoreChange): boolean {
  try {
    return work.keeper.commit(change);
  } catch (thrown) {
    if (!(thrown instanceof LinkError)) throw thrown;
    return work.keeper.commit(failure(work, frame.name, `a result does not fit its frame: ${thrown.message}`));
  }
}

function failure({ telemetry, log }: CameraWork, name: string, why: string): StoreChange {
  log('warning', 'camera frame failed', { frame: name, why });
  return { frames: [telemetry.event('warning', 'frame-failed', why)], camera: { name, outcome: 'failed' } };
}
