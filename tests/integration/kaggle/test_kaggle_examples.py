"""Five competitions and five datasets of Kaggle's, by the names, columns and formats that
their public pages describe; the rows are made up.

Each is settled in, trained for three nights, and gets a new version before the third.
"""

from __future__ import annotations

import gzip
import io
import tomllib
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import pandas as pd
import pytest

from generator.cli import main
from tests.integration.kaggle.training import train

if TYPE_CHECKING:
    from tests.integration.kaggle.conftest import Plan

ROWS, MORE = 120, 30


class Example(NamedTuple):
    """What lies there: the table to train on, its columns, what else, and the target."""

    source: str
    table: str
    columns: str
    target: str
    beside: dict[str, str]


EXAMPLES = [
    Example(
        "competitions/titanic",
        "train.csv",
        "PassengerId,Survived,Pclass,Name,Sex,Age,SibSp,Parch,Ticket,Fare,Cabin,Embarked",
        "Survived",
        {
            "test.csv": "PassengerId,Pclass,Name,Sex,Age",
            "gender_submission.csv": "PassengerId,Survived",
        },
    ),
    Example(
        "competitions/house-prices-advanced-regression-techniques",
        "train.csv",
        "Id,MSSubClass,MSZoning,LotArea,Street,OverallQual,YearBuilt,SalePrice",
        "SalePrice",
        {
            "test.csv": "Id,MSSubClass,MSZoning",
            "sample_submission.csv": "Id,SalePrice",
            "data_description.txt": "MSSubClass: Identifies the type of dwelling",
        },
    ),
    Example(
        "competitions/spaceship-titanic",
        "train.csv",
        "PassengerId,HomePlanet,CryoSleep,Cabin,Age,VIP,Spa,Name,Transported",
        "Transported",
        {
            "test.csv": "PassengerId,HomePlanet",
            "sample_submission.csv": "PassengerId,Transported",
        },
    ),
    Example(
        "competitions/digit-recognizer",
        "train.csv",
        "label," + ",".join(f"pixel{number}" for number in range(20)),
        "label",
        {"test.csv": "pixel0,pixel1", "sample_submission.csv": "ImageId,Label"},
    ),
    Example(
        "competitions/nlp-getting-started",
        "train.csv",
        "id,keyword,location,text,target",
        "target",
        {
            "test.csv": "id,keyword,location,text",
            "sample_submission.csv": "id,target",
        },
    ),
    Example(
        "uciml/iris",
        "Iris.csv",
        "Id,SepalLengthCm,SepalWidthCm,PetalLengthCm,PetalWidthCm,Species",
        "Species",
        {"database.sqlite": "SQLite format 3"},
    ),
    Example(
        "mlg-ulb/creditcardfraud",
        "creditcard.csv",
        "Time,V1,V2,V3,Amount,Class",
        "Class",
        {},
    ),
    Example(
        "blastchar/telco-customer-churn",
        "WA_Fn-UseC_-Telco-Customer-Churn.csv",
        "customerID,gender,tenure,Contract,MonthlyCharges,TotalCharges,Churn",
        "Churn",
        {},
    ),
    Example(
        "new-york-city/nyc-taxi",
        "trips/yellow_tripdata_2026-01.parquet",
        "VendorID,trip_distance,fare_amount,payment_type,tipped",
        "tipped",
        {"LICENSE": "CC0", "zones/map.png": "\x89PNG"},
    ),
    Example(
        "CooperUnion/cardataset",
        "data.csv.gz",
        "Make,Model,Year,Engine HP,City MPG,Popularity,MSRP",
        "MSRP",
        {"README.txt": "Cars and their prices"},
    ),
]


def make_table(example: Example, rows: int) -> pd.DataFrame:
    """Numbers in each column, and a target of two classes or an amount."""
    frame = pd.DataFrame(index=range(rows))
    for place, name in enumerate(example.columns.split(",")):
        frame[name] = [(row * (place + 3)) % 23 for row in range(rows)]
    if example.target not in {"SalePrice", "MSRP"}:
        frame[example.target] = [("no", "yes")[row % 3 > 1] for row in range(rows)]
    return frame


def pack(example: Example, rows: int) -> bytes:
    frame, sink = make_table(example, rows), io.BytesIO()
    if example.table.endswith(".parquet"):
        frame.to_parquet(sink, index=False)
        return sink.getvalue()
    frame.to_csv(sink, index=False)
    if example.table.endswith(".gz"):
        return gzip.compress(sink.getvalue())
    return sink.getvalue()


# The others take as long again, and are in the bench.
QUICK = ("titanic", "digit", "nyc-taxi")


def mark_example(example: Example) -> object:
    marks = [pytest.mark.bench]
    if any(word in example.source for word in QUICK):
        marks = []
    return pytest.param(example, marks=marks, id=example.source)


@pytest.mark.parametrize("example", list(map(mark_example, EXAMPLES)))
def test_an_example_is_settled_in_and_trained_for_three_nights(
    plan: Plan, tmp_path: Path, example: Example, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = tmp_path / "r"
    root.mkdir()
    monkeypatch.chdir(root)
    source = f"kaggle:{example.source}"
    with pytest.raises(SystemExit) as caught:
        main(["init", "--data", source, "--target", example.target])
    assert caught.value.code == 0
    written = tomllib.loads((root / "wfgen.toml").read_text("utf-8"))
    assert written["pipeline"]["source"] == source
    assert written["dataset"]["source"] == "kaggle"
    place = example.source
    if not place.startswith("competitions/"):
        place = f"datasets/{place}"
    totals = []
    for night, rows in enumerate((ROWS, ROWS, ROWS + MORE)):
        version = ""
        if place.startswith("datasets/"):
            version = f"/{1 + night // 2}"
        files: dict[str, str | bytes] = {}
        for name, header in example.beside.items():
            files[name] = header + "\n" + "1," * header.count(",") + "0\n"
        files[example.table] = pack(example, rows)
        plan.put(place + version, files)
        totals.append(train(root, source, target=example.target)["rows_total"])
    assert totals == [ROWS, ROWS, ROWS + MORE]
