/** What a ground that starts learns from its archive: what has arrived, what must exist, which gaps and totals an earlier run left. */
import { DICTIONARY, type Frame } from '../link/index.ts';
import type { Archive, Row, Totals } from './archive.ts';
import { Craft } from './craft.ts';
import { type Gap, GapLedger, type GapState } from './ledger.ts';
import { TOTALS } from './schema.ts';
import { type Dropped, droppedOf, type Extent, extentsOf } from './verify.ts';

/** Streams in the custody of the craft until they are acknowledged. */
const KEPT = new Set(DICTIONARY.streams.filter(({ custody }) => custody).map(({ name }) => name));

/** State of the ground as the archive holds it. */
export interface Recalled {
  readonly ledger: GapLedger;
  readonly crafts: Map<string, Craft>;
  readonly totals: Totals;
  /** Bytes of the archived frames. */
  readonly bytes: number;
  /** Keys of the births in the archive. */
  readonly births: Set<string>;
}

/** Reads the state of the ground. */
export async function recall(archive: Archive): Promise<Recalled> {
  const [lastGap] = await archive.query('SELECT coalesce(max(id), 0)::DOUBLE AS id FROM gaps');
  const ledger = new GapLedger(Number(lastGap.id) + 1);
  const crafts = new Map<string, Craft>();
  await recallRanges(archive, ledger);
  for (const { key } of ledger.streams) craftOf(crafts, key.craft).knows(key.boot);

  // Newest report of each boot: extents only grow
  for (const row of await archive.query(`
      SELECT craft, arg_max("values", sequence) AS v FROM frames WHERE stream = 'health' GROUP BY craft, boot`)) {
    expectAll(ledger, String(row.craft), extentsOf(parsed(row.v)), []);
  }
  const births = new Set<string>();
  for (const row of await archive.query(`
      SELECT craft, boot::DOUBLE AS boot, session::DOUBLE AS session, sequence::DOUBLE AS sequence, link, received_ms,
        "values" AS v FROM births
      ORDER BY received_ms`)) {
    const name = String(row.craft);
    const values = parsed(row.v);
    const extents = extentsOf(values);
    const [boot, session] = [Number(row.boot), Number(row.session)];
    births.add(birthKey(name, { boot, sequence: Number(row.sequence), values: { session, link: String(row.link) } }));
    expectAll(ledger, name, extents, droppedOf(values));
    craftOf(crafts, name).recallBirth(boot, session, extents, Number(row.received_ms));
  }
  for (const row of await archive.query("SELECT * FROM gaps WHERE state IN ('open', 'asked') ORDER BY id")) {
    ledger.resume(gapOf(row));
  }
  const [{ bytes }] = await archive.query('SELECT coalesce(sum(octet_length(bytes)), 0)::DOUBLE AS bytes FROM frames');
  const kept = new Map((await archive.query('SELECT name, value FROM totals')).map(({ name, value }) => [name, value]));
  const totals = Object.fromEntries(TOTALS.map((name) => [name, Number(kept.get(name) ?? 0)])) as Totals;
  return { ledger, crafts, totals, bytes: Number(bytes), births };
}

/** Enters what a craft reported into the ledger, but for streams that nobody keeps. */
export function expectAll(
  ledger: GapLedger,
  craft: string,
  extents: readonly Extent[],
  dropped: readonly Dropped[],
): void {
  for (const { boot, stream, last } of extents) {
    if (boot >= 1 && KEPT.has(stream)) ledger.expect({ craft, boot, stream }, last);
  }
  for (const { boot, stream, first, last } of dropped) {
    if (boot >= 1 && KEPT.has(stream)) ledger.expire({ craft, boot, stream }, first, last);
  }
}

/** What tells one birth from another. A craft may repeat its birth within a session, to report what it dropped. */
export function birthKey(
  craft: string,
  { boot, sequence, values }: Pick<Frame, 'boot' | 'sequence' | 'values'>,
): string {
  return `${craft}/${boot}/${values.session}/${values.link}/${sequence}`;
}

/** The craft of that name, made when new. */
export function craftOf(crafts: Map<string, Craft>, name: string): Craft {
  let craft = crafts.get(name);
  if (!craft) {
    craft = new Craft(name);
    crafts.set(name, craft);
  }
  return craft;
}

/** A gap from its row. */
export function gapOf(row: Row): Gap {
  return {
    ...{ id: Number(row.id), craft: String(row.craft), boot: Number(row.boot), stream: String(row.stream) },
    ...{ first: Number(row.first), last: Number(row.last), missing: Number(row.missing), asks: Number(row.asks) },
    state: String(row.state) as GapState,
    openedMs: Number(row.opened_ms),
    askedMs: row.asked_ms === null ? null : Number(row.asked_ms),
    closedMs: row.closed_ms === null ? null : Number(row.closed_ms),
  };
}

/** Archived sequences as ranges, found by the database: runs share the difference of sequence and rank. */
async function recallRanges(archive: Archive, ledger: GapLedger): Promise<void> {
  const found = await archive.query(`
    SELECT craft, boot::DOUBLE AS boot, stream, min(sequence)::DOUBLE AS first, max(sequence)::DOUBLE AS last
    FROM (SELECT craft, boot, stream, sequence,
        sequence - row_number() OVER (PARTITION BY craft, boot, stream ORDER BY sequence) AS run
      FROM (SELECT DISTINCT craft, boot, stream, sequence FROM frames))
    GROUP BY craft, boot, stream, run ORDER BY craft, boot, stream, first`);
  for (const { craft, boot, stream, first, last } of found) {
    ledger.arrive({ craft: String(craft), boot: Number(boot), stream: String(stream) }, Number(first), Number(last));
  }
}

function parsed(json: unknown): Record<string, number[]> {
  return JSON.parse(String(json));
}
