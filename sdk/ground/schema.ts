/**
 * The archive's tables, and views that are made from the telemetry dictionary: `stream_soil`, `stream_health` … have one typed
 * column a field, so that a scientist's query or a Parquet file needs no MessagePack.
 */
import { DICTIONARY, type Field, type FieldValues, type Stream } from '../link/index.ts';

/** Raised when the tables change shape. */
export const ARCHIVE_FORMAT = 1;

/** Tables. `frames.row` only grows: it is the order of archiving, and the id of the live page's events. */
export const TABLES = `
CREATE TABLE IF NOT EXISTS about (key VARCHAR, value VARCHAR);
CREATE TABLE IF NOT EXISTS frames (
  row BIGINT NOT NULL, mission VARCHAR NOT NULL, craft VARCHAR NOT NULL, boot BIGINT NOT NULL, stream VARCHAR NOT NULL,
  sequence BIGINT NOT NULL, time_ms DOUBLE NOT NULL, uncertainty_ms DOUBLE NOT NULL, stored BOOLEAN NOT NULL,
  received_ms DOUBLE NOT NULL, bytes BLOB NOT NULL, "values" JSON NOT NULL);
CREATE TABLE IF NOT EXISTS births (
  mission VARCHAR NOT NULL, craft VARCHAR NOT NULL, boot BIGINT NOT NULL, session BIGINT NOT NULL, link VARCHAR NOT NULL,
  sequence BIGINT NOT NULL, time_ms DOUBLE NOT NULL, received_ms DOUBLE NOT NULL, bytes BLOB NOT NULL, "values" JSON NOT NULL);
CREATE TABLE IF NOT EXISTS quarantine (
  received_ms DOUBLE NOT NULL, topic VARCHAR NOT NULL, reason VARCHAR NOT NULL, size BIGINT NOT NULL, head BLOB NOT NULL);
CREATE TABLE IF NOT EXISTS gaps (
  id BIGINT PRIMARY KEY, craft VARCHAR NOT NULL, boot BIGINT NOT NULL, stream VARCHAR NOT NULL, first BIGINT NOT NULL,
  last BIGINT NOT NULL, state VARCHAR NOT NULL, missing BIGINT NOT NULL, opened_ms DOUBLE NOT NULL, asks BIGINT NOT NULL,
  asked_ms DOUBLE, closed_ms DOUBLE);
CREATE TABLE IF NOT EXISTS totals (name VARCHAR PRIMARY KEY, value DOUBLE NOT NULL);
`;

/** Counts that are kept over restarts. */
export const TOTALS = ['duplicatesDropped', 'quarantined', 'receivedBytes'] as const;

/** Columns that every stream view begins with. */
const IDENTITY = 'row, mission, craft, boot, sequence, time_ms, uncertainty_ms, stored, received_ms';

/** A view per stream that is archived as frames, and `scenes`: what is known of each camera frame. */
export function viewStatements(): string[] {
  return [
    ...archivedStreams().map(
      (stream) => `CREATE OR REPLACE VIEW ${viewOf(stream.name)} AS SELECT ${IDENTITY},
        ${stream.fields.map(column).join(', ')}, bytes AS frame FROM frames WHERE stream = '${stream.name}'`,
    ),
    `CREATE OR REPLACE VIEW scenes AS
      WITH layers AS (SELECT craft, boot, source, layer, max(layers) AS layers, max(row) AS row
          FROM stream_concepts GROUP BY craft, boot, source, layer),
        prefixes AS (SELECT craft, boot, source, max(row) AS row, max(layers) AS layers_total,
            count(*) FILTER (layer = place) AS layers_joined
          FROM (SELECT *, row_number() OVER (PARTITION BY craft, boot, source ORDER BY layer) - 1 AS place FROM layers)
          GROUP BY craft, boot, source),
        concepts AS (SELECT craft, source, max(row) AS row, arg_max(layers_total, (layers_joined, boot)) AS layers_total,
            max(layers_joined) AS layers_joined FROM prefixes GROUP BY craft, source),
        soil AS (SELECT craft, source, max(row) AS row, arg_max(estimate, row) AS estimate
          FROM stream_soil GROUP BY craft, source)
      SELECT craft, source, greatest(soil.row, concepts.row) AS row, estimate,
        coalesce(layers_joined, 0) AS layers_joined, coalesce(layers_total, 0) AS layers_total
      FROM soil FULL JOIN concepts USING (craft, source)`,
  ];
}

/** Streams that end in the table `frames`: all but birth, which describes a session and is kept apart. */
export function archivedStreams(): Stream[] {
  return DICTIONARY.streams.filter(({ name }) => name !== 'birth');
}

/** Name of a stream's view. */
export function viewOf(stream: string): string {
  return `stream_${stream}`;
}

/** A frame's values as JSON: bytes as base64, the rest as it is. */
export function valuesToJson(values: FieldValues): string {
  return JSON.stringify(
    Object.fromEntries(
      Object.entries(values).map(([name, value]) => [
        name,
        value instanceof Uint8Array ? Buffer.from(value).toString('base64') : value,
      ]),
    ),
  );
}

const COLUMN_TYPES: Record<Exclude<Field['type'], 'text' | 'bytes'>, string> = {
  uint: 'UBIGINT',
  float: 'DOUBLE',
  flag: 'BOOLEAN',
  uints: 'UBIGINT[]',
  floats: 'DOUBLE[]',
};

function column({ name, type }: Field): string {
  const text = `"values"->>'${name}'`;
  if (type === 'text') return `${text} AS "${name}"`;
  if (type === 'bytes') return `from_base64(${text}) AS "${name}"`;
  return `CAST("values"->'${name}' AS ${COLUMN_TYPES[type]}) AS "${name}"`;
}
