"""Names of this package's classes in pickles: the same wherever the package lives.

A checkout has it as `pipeline`, a wheel inside a package of its own, and a repository
that copied it under any name. Names of older versions stand here too, so that their
states are read.
"""

from __future__ import annotations

from collections.abc import Mapping

from ..program import PACKAGE

# Module and class.
Name = tuple[str, str]

# What stands for this package in every state, whatever its name is here.
STORED = "pipeline"

RENAMED: Mapping[Name, Name] = {
    # As scikit-learn wrote them before 1.9: its Cython modules did not know their package.
    ("_loss", "CyHalfBinomialLoss"): ("sklearn._loss._loss", "CyHalfBinomialLoss"),
    ("_loss", "CyHuberLoss"): ("sklearn._loss._loss", "CyHuberLoss"),
    # As this package wrote them while its modules lay in one folder.
    ("pipeline.blend", "Mean"): ("pipeline.models.ensemble", "AverageEnsemble"),
    ("pipeline.blend", "Weighted"): ("pipeline.models.ensemble", "OnlineStacking"),
    ("pipeline.boosting", "Boosting"): (
        "pipeline.models.boosting",
        "ContinuedBoosting",
    ),
    ("pipeline.drift", "Watch"): ("pipeline.models.drift", "DriftMonitor"),
    ("pipeline.features", "Encoder"): ("pipeline.features.encoder", "Encoder"),
    ("pipeline.metrics", "Prequential"): (
        "pipeline.models.metrics",
        "PrequentialMetrics",
    ),
    ("pipeline.models", "Bayes"): ("pipeline.models.naive_bayes", "NaiveBayes"),
    ("pipeline.models", "Linear"): ("pipeline.models.linear", "LinearModel"),
    ("pipeline.models", "Network"): ("pipeline.models.neural_network", "NeuralNetwork"),
    ("pipeline.models", "Own"): ("pipeline.models.user_model", "UserModel"),
    ("pipeline.moments", "Moments"): (
        "pipeline.features.standard_scaler",
        "StandardScaler",
    ),
    ("pipeline.models.population", "Champion"): (
        "pipeline.choice.champion",
        "Champion",
    ),
    ("pipeline.population", "Champion"): ("pipeline.choice.champion", "Champion"),
    ("pipeline.population", "Population"): ("pipeline.models.population", "Population"),
    ("pipeline.rates", "Rates"): ("pipeline.features.target_encoder", "TargetEncoder"),
    ("pipeline.schema", "Column"): ("pipeline.features.schema", "Column"),
    ("pipeline.schema", "Schema"): ("pipeline.features.schema", "Schema"),
}
# By the class's name of today: its attributes as they were called in states up to
# format 2 of the first layout, and as they are called now.
RENAMED_ATTRIBUTES: Mapping[Name, Mapping[str, str]] = {
    ("pipeline.features.encoder", "Encoder"): {
        "moments": "scaler",
        "rates": "target_encoder",
        "slots": "column_numbers",
        "steady": "varying_categories",
        "used": "used_positions",
        "values": "value_positions",
    },
    ("pipeline.features.schema", "Column"): {"code": "is_code"},
    ("pipeline.features.target_encoder", "TargetEncoder"): {
        "odds": "as_log_odds",
        "rows": "row_counts",
        "targets": "target_sums",
    },
    ("pipeline.models.boosting", "ContinuedBoosting"): {
        "chunks": "tree_chunks",
        "start": "base_score",
        "width": "feature_count",
    },
    ("pipeline.models.linear", "LinearModel"): {"learners": "estimators"},
    ("pipeline.models.naive_bayes", "NaiveBayes"): {"learner": "estimator"},
    ("pipeline.models.neural_network", "NeuralNetwork"): {"learner": "estimator"},
    ("pipeline.choice.champion", "Champion"): {"blend": "ensemble"},
    ("pipeline.models.population", "Population"): {
        "blends": "ensembles",
        "figures": "metrics",
        "scored": "is_trained",
        "sums": "target_sums",
        "watch": "drift_monitor",
    },
    ("pipeline.models.user_model", "UserModel"): {"learner": "estimator"},
}


def is_own(module: str) -> bool:
    """Whether a module is one of this package's."""
    return f"{module}.".startswith(f"{PACKAGE}.")


def get_stored_module(module: str) -> str:
    """Get the name in a pickle of a module of this package."""
    return STORED + module.removeprefix(PACKAGE)


def get_local_module(stored: str) -> str:
    """Get the name here of a module named in a pickle; that of any other package stays."""
    if f"{stored}.".startswith(f"{STORED}."):
        return PACKAGE + stored.removeprefix(STORED)
    return stored
