/** The verdict on a flight's books. */
import { NadirError } from '../sdk/base/index.ts';
import type { FlightOutcome } from './flight-record.ts';

/**
 * Throws a NadirError unless every frame that the board made is in the archive exactly once, nothing else is, every camera frame was
 * worked on and no payload was refused: a mission that lost something has failed, however good the rest is. `report` is where to look.
 */
export function requireWhole(
  { audit, failedScenes, quarantined }: Pick<FlightOutcome, 'audit' | 'failedScenes' | 'quarantined'>,
  report: string,
): void {
  const { produced, archived, duplicatesArchived, gaps, strangers } = audit;
  const isWhole = produced > 0 && archived === produced && duplicatesArchived === 0 && gaps === 0 && strangers === 0;
  if (isWhole && failedScenes === 0 && quarantined === 0) return;
  throw new NadirError({
    what: `the books do not balance: ${produced} frames made, ${archived} archived, ${gaps} missing, ${duplicatesArchived} archived twice, ${strangers} unknown to the board, ${failedScenes} camera frames failed, ${quarantined} payloads refused`,
    where: report,
    remedy: 'Read flight/board.log beside it, and report it with the seed',
  });
}
