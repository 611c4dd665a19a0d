/** An orbit from a two-line element set, propagated by SGP4 (Vallado et al. 2006, AIAA 2006-6753) as satellite.js implements it. */
import {
  degreesToRadians,
  ecfToLookAngles,
  eciToEcf,
  eciToGeodetic,
  gstime,
  propagate,
  radiansToDegrees,
  type SatRec,
  twoline2satrec,
} from 'satellite.js';
import { NadirError } from '../sdk/base/index.ts';

/** A named two-line element set. */
export interface Tle {
  readonly name: string;
  readonly line1: string;
  readonly line2: string;
  /** Where it is from. */
  readonly source: string;
}

/** A ground station and the elevation above which it has the craft. */
export interface Station {
  readonly name: string;
  readonly latitudeDeg: number;
  readonly longitudeDeg: number;
  readonly altitudeM: number;
  readonly minElevationDeg: number;
}

/** A propagatable orbit. Times are milliseconds since 1970 (UTC). */
export interface Orbit {
  /** Time of the elements. */
  readonly epochMs: number;
  /** Time of one revolution, from the mean motion as the elements give it (Kozai). */
  readonly periodMs: number;
  /** Position in km and velocity in km/s, true equator mean equinox of date. Throws for a decayed orbit. */
  stateAt(timeMs: number): { readonly positionKm: Vector; readonly velocityKmS: Vector };
  /** Point below the craft and its height, WGS-72/84 ellipsoid as satellite.js has it. */
  subpointAt(timeMs: number): {
    readonly latitudeDeg: number;
    readonly longitudeDeg: number;
    readonly heightKm: number;
  };
  /** Elevation above the station's horizon in degrees, negative below it. */
  elevationDeg(station: Station, timeMs: number): number;
}

interface Vector {
  readonly x: number;
  readonly y: number;
  readonly z: number;
}

const DAY_MS = 86_400_000;
/** Julian date of 1970-01-01T00:00Z. */
const JULIAN_1970 = 2_440_587.5;

/**
 * An Earth-observation orbit to simulate with, of no real craft: constructed sun-synchronous, 525 km, ascending node at about
 * 22:40 local time, epoch 2026-03-20T00:00Z. Its inclination follows from the J2 precession of one turn a year.
 */
export const EXAMPLE_TLE: Tle = {
  name: 'NADIR-1',
  line1: '1 99990U 26900A   26079.00000000  .00000000  00000-0  20000-4 0    17',
  line2: '2 99990  97.4969 159.0000 0011000  90.0000 270.0000 15.13677022    12',
  source: 'constructed: sun-synchronous at 525 km, no real craft',
};

/** Ground stations by name; coordinates rounded to about a kilometre, masks as usual for S band. */
export const STATIONS = {
  svalbard: { name: 'Svalbard', latitudeDeg: 78.23, longitudeDeg: 15.39, altitudeM: 450, minElevationDeg: 5 },
  warsaw: { name: 'Warsaw', latitudeDeg: 52.23, longitudeDeg: 21.01, altitudeM: 110, minElevationDeg: 10 },
  gliwice: { name: 'Gliwice', latitudeDeg: 50.29, longitudeDeg: 18.67, altitudeM: 220, minElevationDeg: 10 },
  awarua: { name: 'Awarua', latitudeDeg: -46.53, longitudeDeg: 168.38, altitudeM: 10, minElevationDeg: 5 },
} as const satisfies Record<string, Station>;

/** An orbit from its elements. Throws a NadirError for lines that are cut off, mixed up or fail their checksum. */
export function orbitOf(tle: Tle): Orbit {
  checkLine(tle, tle.line1, '1');
  checkLine(tle, tle.line2, '2');
  const record = twoline2satrec(tle.line1, tle.line2);
  if (record.error !== 0) throw wrong(tle, `SGP4 refuses the elements (error ${record.error})`);
  return new Sgp4Orbit(tle, record);
}

class Sgp4Orbit implements Orbit {
  readonly epochMs: number;
  readonly periodMs: number;
  readonly #tle: Tle;
  readonly #record: SatRec;

  constructor(tle: Tle, record: SatRec) {
    this.#tle = tle;
    this.#record = record;
    this.epochMs = (record.jdsatepoch - JULIAN_1970) * DAY_MS;
    this.periodMs = DAY_MS / Number(tle.line2.slice(52, 63));
  }

  stateAt(timeMs: number) {
    const state = propagate(this.#record, new Date(timeMs));
    if (state === null) throw wrong(this.#tle, `SGP4 fails at ${new Date(timeMs).toISOString()}`);
    return { positionKm: state.position, velocityKmS: state.velocity };
  }

  subpointAt(timeMs: number) {
    const { latitude, longitude, height } = eciToGeodetic(this.stateAt(timeMs).positionKm, gstime(new Date(timeMs)));
    return {
      latitudeDeg: radiansToDegrees(latitude),
      longitudeDeg: radiansToDegrees(longitude),
      heightKm: height,
    };
  }

  elevationDeg(station: Station, timeMs: number): number {
    const observer = {
      latitude: degreesToRadians(station.latitudeDeg),
      longitude: degreesToRadians(station.longitudeDeg),
      height: station.altitudeM / 1000,
    };
    const position = eciToEcf(this.stateAt(timeMs).positionKm, gstime(new Date(timeMs)));
    return radiansToDegrees(ecfToLookAngles(observer, position).elevation);
  }
}

function checkLine(tle: Tle, line: string, number: '1' | '2'): void {
  if (line.length !== 69 || !line.startsWith(`${number} `)) {
    throw wrong(tle, `line ${number} is not 69 characters that begin with "${number} "`);
  }
  let sum = 0;
  for (const character of line.slice(0, 68)) {
    if (character >= '0' && character <= '9') sum += Number(character);
    else if (character === '-') sum++;
  }
  if (sum % 10 !== Number(line[68])) throw wrong(tle, `line ${number} fails its checksum`);
}

function wrong(tle: Tle, what: string): NadirError {
  return new NadirError({ what, where: `TLE of ${tle.name}`, remedy: 'Copy the two lines again from their source' });
}
