/** The ground's status as one JSON document, the same from a running ground and from its archive. */
import { Archive } from './archive.ts';
import type { LinkState } from './craft.ts';
import type { GapLedger } from './ledger.ts';
import { type Recalled, recall } from './recall.ts';

/** Counts of a stream of a craft, over all its boots. */
export interface StreamStatus {
  /** Frames in the archive. */
  readonly archived: number;
  /** Frames that must exist, by what was seen and what the craft reported. */
  readonly expected: number;
  /** Frames that are missing. */
  readonly gaps: number;
  /** Frames that the craft reported dropped. */
  readonly expired: number;
}

/** A craft's part of the status. */
export interface CraftStatus {
  readonly craft: string;
  readonly link: LinkState;
  readonly lastHeardMs: number | null;
  /** Boots with frames in the archive or on board. */
  readonly boots: readonly number[];
  readonly perStream: Readonly<Record<string, StreamStatus>>;
}

/** Gaps of the ledger, by state. */
export type LedgerStatus = Readonly<Record<'open' | 'asked' | 'filled' | 'expired', number>>;

/** The whole status. */
export interface GroundStatus {
  readonly mission: string;
  readonly crafts: readonly CraftStatus[];
  /** Frames in the archive. */
  readonly archived: number;
  /** Rows of the archive beyond the first of each key, counted by the database. */
  readonly duplicatesArchived: number;
  /** Frames that came again and were dropped. */
  readonly duplicatesDropped: number;
  /** Frames that are missing. */
  readonly gaps: number;
  /** Gap objects by state. */
  readonly ledger: LedgerStatus;
  /** Payloads that were refused. */
  readonly quarantined: number;
  /** Bytes of the archived frames. */
  readonly bytes: number;
  /** Bytes of all payloads that came, duplicates and refused ones too. */
  readonly receivedBytes: number;
}

/** Status from the state of a ground and the counts of its database. */
export async function statusOf(
  archive: Archive,
  state: Pick<Recalled, 'ledger' | 'crafts' | 'totals' | 'bytes'>,
): Promise<GroundStatus> {
  const [counts] = await archive.query(
    `SELECT (SELECT count(*) FROM frames)::DOUBLE AS n,
      (SELECT count(*) FROM (SELECT DISTINCT craft, boot, stream, sequence FROM frames))::DOUBLE AS keys`,
  );
  const crafts = [...state.crafts.values()]
    .sort((a, b) => (a.name < b.name ? -1 : 1))
    .map(({ name, link, lastHeardMs, boots }): CraftStatus => {
      const { perStream, seen } = streamsOf(state.ledger, name);
      const known = [...new Set([...boots, ...seen])].sort((a, b) => a - b);
      return { craft: name, link, lastHeardMs, boots: known, perStream };
    });
  const ledger = { open: 0, asked: 0, filled: 0, expired: 0 };
  const states = await archive.query('SELECT state, count(*)::DOUBLE AS n FROM gaps GROUP BY state');
  for (const { state: name, n } of states) ledger[String(name) as keyof typeof ledger] = Number(n);
  return {
    mission: archive.mission,
    crafts,
    archived: Number(counts.n),
    duplicatesArchived: Number(counts.n) - Number(counts.keys),
    duplicatesDropped: state.totals.duplicatesDropped,
    gaps: crafts.reduce((sum, { perStream }) => Object.values(perStream).reduce((n, { gaps }) => n + gaps, sum), 0),
    ledger,
    quarantined: state.totals.quarantined,
    bytes: state.bytes,
    receivedBytes: state.totals.receivedBytes,
  };
}

/** Status of an archive that no ground holds. Throws a NadirError when there is none, or one does. */
export async function readArchiveStatus(dir: string): Promise<GroundStatus> {
  const archive = await Archive.openToRead(dir);
  try {
    return await statusOf(archive, await recall(archive));
  } finally {
    archive.close();
  }
}

function streamsOf(ledger: GapLedger, craft: string) {
  const perStream: Record<string, StreamStatus> = {};
  const seen = new Set<number>();
  for (const stream of ledger.streams) {
    if (stream.key.craft !== craft || stream.key.stream === 'birth') continue;
    seen.add(stream.key.boot);
    const sum = perStream[stream.key.stream] ?? { archived: 0, expected: 0, gaps: 0, expired: 0 };
    perStream[stream.key.stream] = {
      archived: sum.archived + stream.arrived.size,
      expected: sum.expected + stream.expected,
      gaps: sum.gaps + stream.missing,
      expired: sum.expired + stream.expired,
    };
  }
  return { perStream, seen };
}
