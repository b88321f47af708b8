"""A trained model elsewhere: from a notebook, and rows scored with their ids."""

from __future__ import annotations

import re
from html import escape
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner
from markdown_it import MarkdownIt

import pipeline
from pipeline.cli.card import format_table
from pipeline.cli.commands import pipeline as commands
from pipeline.errors import SettingsError, SourceSchemaError
from tests.unit.pipeline.flowers import flowers, put, train


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("trained")
    frame = flowers(600)
    put(root, frame.assign(number=[f"{row:04}" for row in range(600)]))
    train(root, ignore="score,number", models="sgd", report="false")
    return root


def predict_by_command(root: Path, *words: str) -> pd.DataFrame:
    out = root / "out.csv"
    call = ["predict", str(root / "new.csv"), "--root", str(root), *words]
    done = CliRunner().invoke(commands, [*call, "--output", str(out)])
    assert done.exit_code == 0, done.output
    return pd.read_csv(out, dtype={"number": str})


def test_a_model_says_the_same_in_a_notebook(trained: Path) -> None:
    rows = flowers(300, seed=7)
    rows.to_csv(trained / "new.csv", index=False)
    said = predict_by_command(trained)
    model = pipeline.load(trained)
    assert (model.task, model.target) == ("binary", "label")
    assert model.classes_.tolist() == ["k0", "k1"]
    assert model.feature_names_in_.tolist() == ["x", "colour", "day"]
    assert model.predict(rows).tolist() == said["prediction"].tolist()
    shares = model.predict_proba(rows)
    assert shares.shape == (300, 2)
    np.testing.assert_allclose(shares[:, 1], said["share_k1"])
    # Cells as texts, and columns in another order with more among them.
    texts = rows.astype(str).where(rows.notna())[["day", "score", "x", "colour"]]
    np.testing.assert_allclose(model.predict_proba(texts), shares)
    assert (model.predict(rows) == rows["label"]).mean() > 0.7


@pytest.mark.parametrize(
    "place", ["runtime", "runtime/model/best_model.pkl", "elsewhere"]
)
def test_a_state_is_found_where_it_lies(trained: Path, place: str) -> None:
    if place == "elsewhere":
        with pytest.raises(SettingsError, match="holds no state"):
            pipeline.load(trained / place)
        return
    assert pipeline.load(trained / place).task == "binary"


def test_what_rows_lack_is_said_or_refused(trained: Path) -> None:
    model = pipeline.load(trained)
    rows = flowers(20)
    with pytest.warns(UserWarning, match="the rows lack colour"):
        assert len(model.predict(rows.drop(columns="colour"))) == 20
    with pytest.raises(SourceSchemaError, match="no column"):
        model.predict(rows[["score"]])


def test_amounts_have_no_shares(tmp_path: Path) -> None:
    put(tmp_path, flowers(400))
    train(tmp_path, target="score", ignore="label", models="sgd", report="false")
    model = pipeline.load(tmp_path)
    assert model.classes_.size == 0
    with pytest.raises(AttributeError):
        model.predict_proba(flowers(5))
    assert np.isfinite(model.predict(flowers(5))).all()


def test_predictions_carry_ids_as_they_came(trained: Path) -> None:
    rows = flowers(30).assign(number=[f"{row:04}" for row in range(30)])
    rows.to_csv(trained / "new.csv", index=False)
    said = predict_by_command(trained, "--id", "number,x")
    assert list(said.columns[:3]) == ["number", "x", "prediction"]
    assert said["number"].tolist() == rows["number"].tolist()
    np.testing.assert_allclose(said["x"], rows["x"])
    call = ["predict", str(trained / "new.csv"), "--root", str(trained)]
    out = str(trained / "o.csv")
    done = CliRunner().invoke(commands, [*call, "--output", out, "--id", "nobody"])
    assert isinstance(done.exception, SourceSchemaError)
    assert "no column 'nobody'" in done.exception.message


def test_a_card_tells_what_the_state_knows_and_asks_for_the_rest(trained: Path) -> None:
    done = CliRunner().invoke(commands, ["card", "--root", str(trained)])
    assert done.exit_code == 0, done.output
    assert "# Model card: `label`" in done.output
    assert "(binary), trained batch by batch on 600 rows of `t.csv`" in done.output
    assert "| `colour` | text |" in done.output
    assert "`k0`, `k1`" in done.output
    assert re.search(r"\| `baseline: loss` \| 0\.\d+ \|", done.output)
    assert "## To be said by people" in done.output


@pytest.mark.parametrize("text", ["a`b", "``", "a|b", "x\n# y", "", "<b>"])
def test_texts_of_strangers_stay_texts_in_a_card(text: str) -> None:
    html = (
        MarkdownIt()
        .enable("table")
        .render("\n".join(format_table("ab", [(text, "1")])))
    )
    cell = html.split("<td>")[1].split("</td>")[0]
    shown = text.replace("\n", "\ufffd") or "  "
    assert cell == f"<code>{escape(shown)}</code>"
