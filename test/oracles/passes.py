"""Makes test/fixtures/passes.json: SGP4 states and passes of the example orbit by other implementations than ours.

pip install sgp4==2.27 skyfield==1.55
python passes.py ../fixtures/passes.json

States are from the `sgp4` package (Vallado's C++ code); passes from skyfield's find_events, which reduces TEME to ITRS by itself.
"""

import json
import sys
from datetime import datetime, timedelta, timezone

import sgp4
import skyfield
from sgp4.api import Satrec, jday
from skyfield.api import EarthSatellite, load, wgs84

TLES = {
    "nadir": (
        "1 99990U 26900A   26079.00000000  .00000000  00000-0  20000-4 0    17",
        "2 99990  97.4969 159.0000 0011000  90.0000 270.0000 15.13677022    12",
    ),
    # Vallado et al. 2006, AIAA 2006-6753, first case of the verification set
    "vanguard": (
        "1 00005U 58002B   00179.78495062  .00000023  00000-0  28098-4 0  4753",
        "2 00005  34.2682 348.7242 1859667 331.7664  19.3264 10.82419157413667",
    ),
}
STATIONS = {"svalbard": (78.23, 15.39, 450, 5), "warsaw": (52.23, 21.01, 110, 10), "awarua": (-46.53, 168.38, 10, 5)}
START = datetime(2026, 3, 20, tzinfo=timezone.utc)
DAYS = 2


def milliseconds(moment):
    return round(moment.timestamp() * 1000)


def states():
    result = []
    for name, lines in TLES.items():
        record = Satrec.twoline2rv(*lines)
        for minutes in (0, 100, 720, 1440, 4320):
            error, position, velocity = record.sgp4_tsince(minutes)
            assert error == 0
            result.append({"tle": name, "minutes": minutes, "positionKm": position, "velocityKmS": velocity})
    return result


def passes():
    timescale = load.timescale(builtin=True)
    craft = EarthSatellite(*TLES["nadir"], "nadir", timescale)
    result = {}
    for name, (latitude, longitude, altitude, mask) in STATIONS.items():
        station = wgs84.latlon(latitude, longitude, elevation_m=altitude)
        times, events = craft.find_events(
            station, timescale.from_datetime(START), timescale.from_datetime(START + timedelta(days=DAYS)), mask
        )
        found = []
        for time, event in zip(times, events):
            if event == 0:
                found.append({"aosMs": milliseconds(time.utc_datetime())})
            elif event == 1 and found:
                height = (craft - station).at(time).altaz()[0].degrees
                found[-1]["maxElevationDeg"] = max(height, found[-1].get("maxElevationDeg", 0))
            elif found:
                found[-1]["losMs"] = milliseconds(time.utc_datetime())
        result[name] = [one for one in found if len(one) == 3]
    return result


with open(sys.argv[1], "w") as file:
    json.dump(
        {
            "tools": {"sgp4": sgp4.__version__, "skyfield": ".".join(map(str, skyfield.VERSION))},
            "tles": TLES,
            "fromMs": milliseconds(START),
            "untilMs": milliseconds(START + timedelta(days=DAYS)),
            "states": states(),
            "passes": passes(),
        },
        file,
        indent=1,
    )
    file.write("\n")
