"""What the parts of a whole state say of each other, before it is used.

Each part was checked by itself (`attributes`): that an object is complete, of the types
and ranges that its class has. Here widths of matrices, numbers of classes, and who is
trained are compared. Raises pickle.UnpicklingError.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

import numpy as np
from sklearn.linear_model import SGDClassifier, SGDRegressor
from sklearn.naive_bayes import MultinomialNB
from sklearn.neural_network import MLPClassifier, MLPRegressor

from ...choice.baselines import (
    BASELINE,
    CHAMPION,
    RECENT,
    ConstantModel,
    list_baselines,
)
from ...choice.champion import Champion
from ...features.encoder import Encoder
from ...features.hashing import list_categories
from ...features.rare_labels import MOST_WAITING
from ...features.reading.target import TWO_CLASSES
from ...features.views import VIEWS, count_features
from ...models.boosting import ContinuedBoosting
from ...models.drift import DriftMonitor
from ...models.ensemble import AverageEnsemble, OnlineStacking
from ...models.linear import LinearModel
from ...models.metrics import PrequentialMetrics
from ...models.naive_bayes import NaiveBayes
from ...models.neural_network import HIDDEN_UNITS, NeuralNetwork
from ...models.population import Population
from ...models.user_model import UserModel
from ...refit.regression import RefitRegression
from ...refit.trees import RefitTrees
from ...tasks import BINARY, MULTICLASS, REGRESSION, count_reserved_classes
from .attributes import (
    check_names,
    check_parameters,
    check_scale,
    is_array,
    is_count,
    is_finite,
    is_text,
    is_text_dict,
    is_text_list,
)
from .requirements import make_error, require

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from ...features.schema import Schema

# Of any class until it is compared with those listed.
Unchecked: TypeAlias = Any
# Parameters of a network that follow the batch.
FREE_PARAMETERS = ("batch_size",)
# So many layers of weights has a network with one hidden layer.
LAYERS = 2
# Adam moves a weight by about a thousandth a step at most.
LARGEST_WEIGHT = 1e6
# By Cauchy and Schwarz, what the running mean of gradients is at most of the root of that
# of their squares, with Adam's 0.9 and 0.999: 7.28. Below LEAST_MEAN, squares of single
# precision are 0.
LARGEST_STEP, LEAST_MEAN = 8.0, 1e-15
RESERVED_NAMES = {BASELINE, CHAMPION, *RECENT}
# Attributes of a population that came with later versions.
NEWER_PARTS = (
    "target_reach",
    "baselines",
    "untrained",
    "packed_rows",
    "waiting_labels",
)


def check_consistency(value: object) -> None:
    """Check a population or a champion as a whole; anything else has no parts."""
    if type(value) is Population:
        check_population(value.__dict__)
    elif type(value) is Champion:
        check_champion(value.__dict__)


def check_population(parts: Mapping[str, Unchecked]) -> None:
    """Check that a population can be trained on."""
    names = ["schema", "encoder", "names", "seed", "rows", "target_sums", "scale"]
    names += ["drift_monitor", "candidates", "ensembles", "metrics", "best"]
    names += ["switches", "is_trained"]
    # Older versions had none of these.
    names += [name for name in NEWER_PARTS if name in parts]
    check_names(dict(parts), tuple(names), "a population")
    require(type(parts["encoder"]) is Encoder, "an encoder")
    encoder: Encoder = parts["encoder"]
    require(parts["schema"] is encoder.schema, "a schema")
    check_encoder_names(encoder)
    task = encoder.schema.task
    require(is_count(parts["seed"]) and is_count(parts["switches"]), "counts")
    require(is_count(parts["rows"]), "a count of rows")
    require(type(parts["is_trained"]) is bool, "a population")
    require(type(parts["drift_monitor"]) is DriftMonitor, "a drift monitor")
    has_log_odds = encoder.target_encoder.as_log_odds
    require(has_log_odds == (task != REGRESSION), "a target encoder")
    check_scale(parts["scale"])
    check_target_sums(parts["target_sums"], parts["rows"], encoder.schema)
    is_trained = parts["is_trained"]
    require(is_trained or not parts["rows"], "a population")
    candidates, ensembles = parts["candidates"], parts["ensembles"]
    untrained = parts.get("untrained", [])
    require(is_text_list(untrained) and set(untrained) <= set(candidates), "candidates")
    require(is_text_dict(candidates) and candidates, "candidates")
    for name, candidate in candidates.items():
        require(name not in RESERVED_NAMES, "a candidate's name")
        has_trained = is_trained and name not in untrained
        check_candidate(candidate, encoder, is_trained=has_trained)
    require(is_text_dict(ensembles), "ensembles")
    require(not set(ensembles) & set(candidates), "ensembles")
    for ensemble in ensembles.values():
        check_ensemble(ensemble, task)
    check_judged(parts, encoder)


def check_judged(parts: Mapping[str, Unchecked], encoder: Encoder) -> None:
    """Check the baselines, who is champion, and that there are metrics of everything."""
    judged = [*parts["candidates"], *parts["ensembles"]]
    check_baselines(parts, encoder)
    known = {*judged, BASELINE, *parts.get("baselines", ())}
    require(is_text(parts["best"]) and parts["best"] in known, "a champion")
    metrics = parts["metrics"]
    require(is_text_dict(metrics), "metrics")
    least = {*judged, BASELINE, CHAMPION}
    require(least <= set(metrics) <= least | set(RECENT), "metrics")
    for one in metrics.values():
        require(
            type(one) is PrequentialMetrics and one.task == encoder.schema.task,
            "metrics",
        )


def check_baselines(parts: Mapping[str, Unchecked], encoder: Encoder) -> None:
    """Check what else was kept: labels, rows, and baselines of the last batch."""
    waiting = parts.get("waiting_labels", {})
    require(is_text_dict(waiting) and len(waiting) <= MOST_WAITING, "labels")
    require(all(map(is_count, waiting.values())), "labels")
    packed = parts.get("packed_rows")
    require(type(packed) in {bytes, type(None)}, "kept rows")
    reach = parts.get("target_reach", 0.0)
    require(is_finite(reach) and reach >= 0, "a reach of the target")
    baselines = parts.get("baselines", {})
    require(is_text_dict(baselines), "baselines")
    for name, model in baselines.items():
        require(name in RECENT and type(model) is ConstantModel, "a baseline")
        require(name in list_baselines(encoder.schema.task), "a baseline")
        check_candidate(model, encoder, is_trained=True)


def check_constant(model: ConstantModel, encoder: Encoder, _is_trained: bool) -> None:
    """Check that a baseline says something of each class, or one amount."""
    scores = model.scores
    require(is_array(scores, (np.size(scores),)), "a baseline")
    most = 1
    if model.task == MULTICLASS:
        most = max(len(encoder.schema.classes), TWO_CLASSES)
    require(1 <= scores.size <= most, "a baseline")


def check_champion(parts: Mapping[str, Unchecked]) -> None:
    """Check that a champion can predict."""
    names = ("name", "encoder", "members", "ensemble", "scale")
    check_names(dict(parts), names, "a champion")
    require(is_text(parts["name"]), "a champion's name")
    require(type(parts["encoder"]) is Encoder, "an encoder")
    encoder: Encoder = parts["encoder"]
    check_encoder_names(encoder)
    check_scale(parts["scale"])
    members = parts["members"]
    require(is_text_dict(members) and members, "candidates")
    for member in members.values():
        check_candidate(member, encoder, is_trained=bool(encoder.column_numbers))
    if parts["ensemble"] is None:
        require(parts["name"] in members, "a champion's name")
    else:
        check_ensemble(parts["ensemble"], encoder.schema.task)


def check_encoder_names(encoder: Encoder) -> None:
    """Check that an encoder speaks of its schema's columns."""
    schema = encoder.schema
    known = {name for column in schema.columns for name in list_categories(column)}
    require(set(encoder.varying_categories) <= known, "an encoder's columns")
    require(set(encoder.value_positions) <= known, "an encoder's columns")
    require(set(encoder.column_numbers) <= set(schema.names), "an encoder's columns")


def check_target_sums(sums: object, rows: int, schema: Schema) -> None:
    """Check what the baseline is made of."""
    if not isinstance(sums, np.ndarray) or sums.ndim != 1:
        raise make_error("target sums")
    require(is_array(sums, sums.shape), "target sums")
    if not rows:
        require(not sums.size, "target sums")
    elif schema.task == REGRESSION:
        require(sums.size == 1, "target sums")
    else:
        require(
            TWO_CLASSES <= sums.size <= max(TWO_CLASSES, len(schema.classes)),
            "target sums",
        )
        require((sums >= 0).all(), "target sums")


def check_ensemble(ensemble: object, task: str) -> None:
    """Check that an ensemble is one of ours, for this task."""
    require(type(ensemble) in {AverageEnsemble, OnlineStacking}, "an ensemble")
    if isinstance(ensemble, OnlineStacking):
        require(ensemble.task == task, "an ensemble")


def check_candidate(candidate: object, encoder: Encoder, *, is_trained: bool) -> None:
    """Check that a candidate is one of ours, and takes the matrices of its view."""
    require(type(candidate) in CANDIDATE_CHECKS, "a candidate")
    parts: Unchecked = candidate
    task = encoder.schema.task
    require(parts.task == task and parts.view in VIEWS, "a candidate")
    require(task != BINARY or len(encoder.schema.classes) <= TWO_CLASSES, "classes")
    CANDIDATE_CHECKS[type(candidate)](parts, encoder, is_trained)


def check_linear(model: LinearModel, encoder: Encoder, is_trained: bool) -> None:
    """Check the regressions: one, or one a class at most."""
    width = count_features(encoder, model.view)
    expected = SGDRegressor if model.task == REGRESSION else SGDClassifier
    most = max(len(encoder.schema.classes), 2) if model.task == MULTICLASS else 1
    count = len(model.estimators)
    require(bool(count) == is_trained and count <= most, "linear models")
    fresh = model._create_estimator().get_params()  # noqa: SLF001  # what it is made with
    for estimator in model.estimators:
        require(type(estimator) is expected, "a linear model")
        check_regression(estimator.__dict__, width, fresh)


def check_regression(
    parts: Mapping[str, Unchecked], width: int, fresh: Mapping[str, Any]
) -> None:
    """Check a linear model of scikit-learn's, which writes to its arrays unlooked."""
    is_regression = fresh["loss"] == "huber"
    shape = (width,) if is_regression else (1, width)
    check_parameters(parts, fresh)
    require(parts.get("n_features_in_") == width, "a linear model's width")
    require(is_array(parts.get("coef_"), shape), "a linear model's coefficients")
    require(is_array(parts.get("intercept_"), (1,)), "a linear model's intercept")
    require("feature_names_in_" not in parts, "a linear model")
    steps: Unchecked = parts.get("t_")
    require(is_finite(steps) and steps >= 1, "a linear model's steps")
    if not is_regression:
        check_classes(parts.get("classes_"), 2)
        weights = parts.get("_expanded_class_weight")
        require(is_array(weights, (2,)), "a linear model's weights")


def check_classes(classes: object, count: int) -> None:
    """Check the classes of an estimator: 0, 1 and so on."""
    require(is_array(classes, (count,), np.int64), "classes")
    require(np.array_equal(np.asarray(classes), np.arange(count)), "classes")


def check_estimator(
    model: NaiveBayes | NeuralNetwork, encoder: Encoder, *, is_trained: bool
) -> Mapping[str, Unchecked]:
    """Check that there is an estimator where the model is trained; its attributes."""
    require((model.estimator is not None) == is_trained, "an estimator")
    if not is_trained:
        return {}
    known = len(encoder.schema.classes)
    most = count_reserved_classes(known)
    require(TWO_CLASSES <= model.classes <= max(most, TWO_CLASSES), "classes")
    return vars(model.estimator)


def check_naive_bayes(model: NaiveBayes, encoder: Encoder, is_trained: bool) -> None:
    """Check the counts of Naive Bayes."""
    require("view" not in vars(model) and model.task != REGRESSION, "a Naive Bayes")
    require(type(model.estimator) in {MultinomialNB, type(None)}, "a Naive Bayes")
    parts = check_estimator(model, encoder, is_trained=is_trained)
    if not parts:
        return
    width, count = count_features(encoder, model.view), model.classes
    check_parameters(parts, MultinomialNB().get_params())
    check_classes(parts.get("classes_"), count)
    require(parts.get("n_features_in_") == width, "a Naive Bayes' width")
    for name in ("feature_count_", "feature_log_prob_"):
        require(is_array(parts.get(name), (count, width)), f"a Naive Bayes' {name}")
    require(is_array(parts.get("class_count_"), (count,)), "class counts")
    require((parts["class_count_"] >= 0).all(), "class counts")
    require(parts["feature_count_"].min() >= 0, "feature counts")
    prior: Unchecked = parts.get("class_log_prior_")
    require(type(prior) is np.ndarray and prior.shape == (count,), "class counts")
    # Of a class that did not come yet it is the logarithm of 0.
    require(prior.dtype == np.float64 and bool((prior <= 0).all()), "class counts")


def check_network(model: NeuralNetwork, encoder: Encoder, is_trained: bool) -> None:
    """Check the layers of a network, and those of its optimizer."""
    require("view" not in vars(model), "a network")
    expected = MLPRegressor if model.task == REGRESSION else MLPClassifier
    require(type(model.estimator) in {expected, type(None)}, "a network")
    parts = check_estimator(model, encoder, is_trained=is_trained)
    if not parts:
        return
    outputs = model.classes
    if model.task == REGRESSION or outputs == TWO_CLASSES:
        outputs = 1
    fresh = model._create_estimator()  # noqa: SLF001  # what it is made with
    check_parameters(parts, fresh.get_params(), FREE_PARAMETERS)
    # Neither is an argument of the constructor.
    check_parameters(parts, {"loss": fresh.loss})
    require(is_count(parts.get("batch_size")) and parts["batch_size"], "a batch size")
    width = count_features(encoder, model.view)
    require(parts.get("n_features_in_") == width, "a network's width")
    require(parts.get("n_layers_") == LAYERS + 1, "a network's layers")
    require(type(parts.get("n_outputs_")) is int, "a network's layers")
    require(parts["n_outputs_"] == outputs, "a network's layers")
    for name in ("t_", "n_iter_", "_no_improvement_count"):
        require(is_count(parts.get(name)), "a network's steps")
    activation = "identity"
    if model.task != REGRESSION:
        activation = "logistic" if outputs == 1 else "softmax"
        check_classes(parts.get("classes_"), model.classes)
        check_binarizer(parts.get("_label_binarizer"), model.classes)
    require(parts.get("out_activation_") == activation, "a network's activation")
    state = parts.get("_random_state")
    require(type(state) is np.random.RandomState, "a random state")
    require(type(parts.get("loss_curve_")) is list, "a network's losses")
    require(type(parts.get("best_loss_")) in {float, np.float64, np.float32}, "a loss")
    shapes = [
        (width, HIDDEN_UNITS),
        (HIDDEN_UNITS, outputs),
        (HIDDEN_UNITS,),
        (outputs,),
    ]
    coefficients: Unchecked = parts.get("coefs_")
    intercepts: Unchecked = parts.get("intercepts_")
    require(type(coefficients) is list and type(intercepts) is list, "layers")
    check_layers([*coefficients, *intercepts], shapes)
    check_weights([*coefficients, *intercepts])
    check_optimizer(parts.get("_optimizer"), shapes, fresh)


def check_layers(layers: object, shapes: Sequence[tuple[int, ...]]) -> None:
    """Check weights, of single precision as the dense view is."""
    if not isinstance(layers, list) or len(layers) != len(shapes):
        raise make_error("layers")
    for layer, shape in zip(layers, shapes, strict=True):
        single = is_array(layer, shape, np.float32)
        require(single or is_array(layer, shape), "a network's layer")


def check_weights(layers: Sequence[NDArray[Any]]) -> None:
    """Check that weights are such as Adam's steps lead to.

    Others overflow in the next step, which scikit-learn ends with an error.
    """
    for layer in layers:
        require((np.abs(layer) <= LARGEST_WEIGHT).all(), "a network's weights")


def check_optimizer(
    optimizer: Unchecked, shapes: Sequence[tuple[int, ...]], fresh: MLPClassifier
) -> None:
    """Check Adam's running means, of the shapes of the layers."""
    require(type(optimizer).__name__ == "AdamOptimizer", "an optimizer")
    parts = vars(optimizer)
    for name in ("learning_rate_init", "beta_1", "beta_2", "epsilon"):
        require(parts.get(name) == getattr(fresh, name), "an optimizer")
    require(is_finite(parts.get("learning_rate")), "an optimizer's rate")
    require(is_count(parts.get("t")), "an optimizer's steps")
    check_layers(parts.get("ms"), shapes)
    check_layers(parts.get("vs"), shapes)
    for means, squares in zip(parts["ms"], parts["vs"], strict=True):
        require((squares >= 0).all(), "an optimizer's squares")
        # Of the same gradients: beyond it, a step would leap out of all numbers.
        most = LARGEST_STEP * np.sqrt(squares) + LEAST_MEAN
        require((np.abs(means) <= most).all(), "an optimizer's means")


def check_binarizer(binarizer: Unchecked, classes: int) -> None:
    """Check what makes columns of classes."""
    require(type(binarizer).__name__ == "LabelBinarizer", "a label binarizer")
    parts = vars(binarizer)
    kind = "binary" if classes == TWO_CLASSES else "multiclass"
    expected = {"neg_label": 0, "pos_label": 1, "sparse_output": False}
    check_parameters(parts, {**expected, "y_type_": kind, "sparse_input_": False})
    check_classes(parts.get("classes_"), classes)


def check_boosting(
    model: ContinuedBoosting,
    encoder: Encoder,
    is_trained: bool,
) -> None:
    """Check that the trees ask for features that there are."""
    require("view" not in vars(model) and model.task != MULTICLASS, "a boosting model")
    require(bool(model.tree_chunks) == is_trained, "trees")
    most = count_features(encoder, model.view)
    require(model.feature_count <= most, "a count of features")


def check_refit(
    model: RefitTrees | RefitRegression, encoder: Encoder, is_trained: bool
) -> None:
    """Check that columns and classes are those that there are."""
    require("view" not in vars(model) and "refits" not in vars(model), "a model")
    require(model.is_fitted or not is_trained, "a model that was trained")
    width = count_features(encoder, model.view)
    if isinstance(model, RefitTrees):
        require(model.columns.max(initial=0) < width, "a count of features")
        check_known_classes(model.classes, encoder.schema)
        return
    for fit in model.fits:
        require(len(fit.places) <= width, "a count of features")
        check_known_classes(fit.classes, encoder.schema)


def check_known_classes(classes: NDArray[np.int64], schema: Schema) -> None:
    """Check that a model knows no class that the schema does not."""
    most = max(len(schema.classes), TWO_CLASSES)
    require(schema.task == REGRESSION or classes.max(initial=0) < most, "classes")


def check_user_model(
    model: UserModel,
    _encoder: Encoder,
    is_trained: bool,
) -> None:
    """Check that there is an estimator; what it holds is the user's own affair."""
    names = ("task", "name", "classes", "estimator", "view")
    check_names(vars(model), names, "a candidate of your own")
    require(is_count(model.classes), "classes")
    require((model.estimator is not None) == is_trained, "an estimator")
    has_method = callable(getattr(type(model.estimator), "partial_fit", None))
    require(has_method or not is_trained, "an estimator")


# By class, never by a name in the state.
CANDIDATE_CHECKS: Mapping[type, Any] = {
    ConstantModel: check_constant,
    ContinuedBoosting: check_boosting,
    LinearModel: check_linear,
    NaiveBayes: check_naive_bayes,
    NeuralNetwork: check_network,
    RefitRegression: check_refit,
    RefitTrees: check_refit,
    UserModel: check_user_model,
}
