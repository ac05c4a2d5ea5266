"""Trains small models with the scikit-learn at hand, saves them as their users would, and writes down what they answer.

Run once in an environment of each version (see README.md); writes VERSION/*.pkl, VERSION/*.joblib and
VERSION/expected.zip. Inputs are numbers of single precision, given to scikit-learn in double precision. What skl2onnx
makes of the same model answers beside it, where it converts the model at all.
"""

import gzip
import io
import os
import pickle
import sys
import warnings
import zipfile

import joblib
import numpy as np
import sklearn
from sklearn import datasets
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.decomposition import PCA, TruncatedSVD
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import (
    ExtraTreesClassifier, GradientBoostingClassifier, GradientBoostingRegressor, HistGradientBoostingClassifier,
    HistGradientBoostingRegressor, RandomForestClassifier, RandomForestRegressor)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import (
    ElasticNet, Lasso, LinearRegression, LogisticRegression, PoissonRegressor, Ridge, RidgeClassifier)
from sklearn.model_selection import GridSearchCV
from sklearn.neural_network import MLPClassifier, MLPRegressor
from sklearn.pipeline import FeatureUnion, Pipeline
from sklearn.preprocessing import (
    Binarizer, MaxAbsScaler, MinMaxScaler, Normalizer, OneHotEncoder, RobustScaler, StandardScaler)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor

warnings.filterwarnings("ignore")
VERSION = ".".join(sklearn.__version__.split(".")[:2])
NUMBERS = tuple(map(int, VERSION.split(".")))
OUT = os.path.join(os.path.dirname(os.path.abspath(__file__)), VERSION)
os.makedirs(OUT, exist_ok=True)
# With `--some`, a fifth of the models and those whose attributes have changed most.
SOME = "--some" in sys.argv
rng = np.random.RandomState(7)

iris = datasets.load_iris()
flowers = iris.data.astype(np.float32).astype(np.float64)
species = iris.target
names = iris.target_names[species]
two = (species > 0).astype(np.int64)
diabetes = datasets.load_diabetes()
body = diabetes.data[:, :5].astype(np.float32).astype(np.float64)
progress = diabetes.target
both = np.column_stack([progress, progress * 0.5 + body[:, 0] * 30])
holes = flowers.copy()
holes[rng.rand(*holes.shape) < 0.1] = np.nan
kinds = rng.randint(0, 4, (150, 2)).astype(np.float64)
mixed = np.column_stack([flowers, kinds])
colours = np.array(["red", "green", "blue", "büro"], dtype=object)[rng.randint(0, 4, 150)]
sizes = np.array(["S", "M", "L"], dtype=object)[rng.randint(0, 3, 150)]
table = np.empty((150, 4), dtype=object)
table[:, 0], table[:, 1], table[:, 2], table[:, 3] = flowers[:, 0], colours, flowers[:, 2], sizes
answer = (flowers[:, 0] + (colours == "red") * 1.5 + (sizes == "L") * 0.7 > 6.2).astype(np.int64)


def save_arrays(path, arrays):
    """Writes the arrays as an NPZ within a ZIP: many small ones take half the space together."""
    together = io.BytesIO()
    np.savez(together, **arrays)
    member = zipfile.ZipInfo("expected.npz", (1980, 1, 1, 0, 0, 0))
    member.compress_type = zipfile.ZIP_DEFLATED
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr(member, together.getvalue(), compresslevel=9)


def onehot(**options):
    key = "sparse_output" if NUMBERS >= (1, 2) else "sparse"
    return OneHotEncoder(**{key: False}, **options)


def logistic(way, **options):
    """With `multi_class`, where the version still has it."""
    return LogisticRegression(**({"multi_class": way} if NUMBERS < (1, 8) else {}), **options)


SEED = dict(random_state=3)
MODELS = {
    "logistic-binary": (LogisticRegression(), flowers, two),
    "logistic-multinomial": (LogisticRegression(max_iter=300), flowers, species),
    "logistic-ovr": (logistic("ovr"), flowers, species),
    "logistic-liblinear": (LogisticRegression(solver="liblinear"), flowers, two),
    "logistic-names": (LogisticRegression(max_iter=300), flowers, names),
    "logistic-binary-multinomial": (logistic("multinomial"), flowers, two),
    "logistic-truths": (LogisticRegression(), flowers, two.astype(bool)),
    "ridge-classifier": (RidgeClassifier(), flowers, species),
    "discriminant": (LinearDiscriminantAnalysis(), flowers, species),
    "linear": (LinearRegression(), body, progress),
    "linear-two": (LinearRegression(), body, both),
    "ridge": (Ridge(), body, progress),
    "ridge-two": (Ridge(fit_intercept=False), body, both),
    "lasso": (Lasso(alpha=0.1), body, progress),
    "elastic-net": (ElasticNet(alpha=0.01), body, progress),
    "poisson": (PoissonRegressor(), body, progress),
    "mlp-binary": (MLPClassifier(hidden_layer_sizes=(5,), max_iter=25, **SEED), flowers, two),
    "mlp-three": (MLPClassifier(hidden_layer_sizes=(6, 4), activation="tanh", max_iter=25, **SEED), flowers, names),
    "mlp-regressor": (MLPRegressor(hidden_layer_sizes=(6,), activation="logistic", max_iter=25, **SEED), body, progress),
    "mlp-regressor-two": (MLPRegressor(hidden_layer_sizes=(6,), max_iter=25, **SEED), body, both),
    "tree-classifier": (DecisionTreeClassifier(**SEED), flowers, species),
    "tree-names": (DecisionTreeClassifier(max_depth=2, **SEED), flowers, names),
    "tree-regressor": (DecisionTreeRegressor(max_depth=5, **SEED), body, progress),
    "tree-regressor-two": (DecisionTreeRegressor(max_leaf_nodes=12, **SEED), body, both),
    "tree-stump": (DecisionTreeClassifier(max_depth=1, min_samples_leaf=80, **SEED), flowers, species),
    "forest-classifier": (RandomForestClassifier(10, max_depth=4, **SEED), flowers, species),
    "forest-regressor": (RandomForestRegressor(6, max_depth=4, **SEED), body, progress),
    "forest-regressor-two": (RandomForestRegressor(4, max_depth=3, **SEED), body, both),
    "extra-trees": (ExtraTreesClassifier(10, max_depth=4, **SEED), flowers, names),
    "boosting-binary": (GradientBoostingClassifier(n_estimators=10, max_depth=2, **SEED), flowers, two),
    "boosting-three": (GradientBoostingClassifier(n_estimators=6, max_depth=2, **SEED), flowers, species),
    "boosting-exponential": (
        GradientBoostingClassifier(loss="exponential", n_estimators=8, max_depth=2, **SEED), flowers, two),
    "boosting-zero": (GradientBoostingClassifier(init="zero", n_estimators=5, max_depth=2, **SEED), flowers, two),
    "boosting-regressor": (GradientBoostingRegressor(n_estimators=12, max_depth=2, **SEED), body, progress),
    "histogram-binary": (HistGradientBoostingClassifier(max_iter=6, max_depth=3), holes, two),
    "histogram-three": (HistGradientBoostingClassifier(max_iter=5, max_depth=3), holes, species),
    "histogram-regressor": (HistGradientBoostingRegressor(max_iter=8, max_depth=3), body, progress),
    "means": (KMeans(4, n_init=3, **SEED), flowers, None),
    "standard": (StandardScaler(), flowers, None),
    "range": (MinMaxScaler((-1, 1), clip=True), flowers, None),
    "largest": (MaxAbsScaler(), flowers, None),
    "robust": (RobustScaler(), flowers, None),
    "unit": (Normalizer(), flowers, None),
    "binary": (Binarizer(threshold=2.5), flowers, None),
    "imputer": (SimpleImputer(strategy="median"), holes, None),
    "components": (PCA(3), flowers, None),
    "components-white": (PCA(2, whiten=True), flowers, None),
    "truncated": (TruncatedSVD(2, **SEED), flowers, None),
    "one-hot": (onehot(handle_unknown="ignore"), kinds, None),
    "one-hot-dropped": (onehot(drop="first"), kinds, None),
    "one-hot-text": (onehot(handle_unknown="ignore"), table[:, [1, 3]], None),
    "pipeline-linear": (Pipeline([("s", StandardScaler()), ("m", LogisticRegression())]), flowers, species),
    "pipeline-forest": (
        Pipeline([("s", StandardScaler()), ("p", "passthrough"), ("m", RandomForestClassifier(5, max_depth=4, **SEED))]),
        flowers, names),
    "pipeline-network": (
        Pipeline([("i", SimpleImputer()), ("s", MinMaxScaler()), ("p", PCA(3)),
                  ("m", MLPClassifier(hidden_layer_sizes=(5,), max_iter=25, **SEED))]), holes, species),
    "pipeline-union": (
        Pipeline([("u", FeatureUnion([("s", StandardScaler()), ("p", PCA(2))])), ("m", Ridge())]), body, progress),
    "search": (GridSearchCV(LogisticRegression(), {"C": [0.1, 1.0]}, cv=2), flowers, two),
    "columns": (
        Pipeline([("c", ColumnTransformer(
            [("s", StandardScaler(), [0, 1]), ("o", onehot(handle_unknown="ignore"), slice(4, 6)),
             ("d", "drop", [3])], remainder="passthrough")), ("m", LogisticRegression(max_iter=300))]), mixed, species),
    "columns-text": (
        Pipeline([("c", ColumnTransformer(
            [("o", onehot(handle_unknown="ignore"), [1, 3])], remainder=MinMaxScaler())),
            ("m", RandomForestClassifier(6, max_depth=4, **SEED))]), table, answer),
}


def thresholds(model):
    """(feature, threshold) of every node of every tree in a model."""
    if hasattr(model, "steps"):
        return thresholds(model.steps[-1][1]) if len(model.steps) == 1 else []
    trees = [model] if hasattr(model, "tree_") else np.ravel(getattr(model, "estimators_", []))
    return [(f, t) for tree in trees if hasattr(tree, "tree_")
            for f, t in zip(tree.tree_.feature, tree.tree_.threshold) if f >= 0]


def rows(model, X):
    """Rows to ask about: every fifteenth, and for trees some whose features lie at a threshold and one step beside it."""
    chosen = X[::15].copy()
    edges = []
    for place, (feature, threshold) in enumerate(thresholds(model)[:4]):
        row = X[(place * 7) % len(X)].copy()
        near = np.float32(threshold)
        for value in (near, np.nextafter(near, np.float32(np.inf)), np.nextafter(near, np.float32(-np.inf))):
            edge = row.copy()
            edge[feature] = np.float64(value)
            edges.append(edge)
    return np.vstack([chosen] + [e[None] for e in edges]) if edges else chosen


def answers(model, X):
    if hasattr(model, "predict"):
        result = {}
        if hasattr(model, "classes_") or hasattr(model, "cluster_centers_"):
            result["label"] = np.asarray(model.predict(X))
            if result["label"].dtype == object:
                result["label"] = result["label"].astype(str)
            if hasattr(model, "cluster_centers_"):
                result["label"] = result["label"].astype(np.int64)
                result["distances"] = model.transform(X)
            elif hasattr(model, "predict_proba"):
                result["probabilities"] = model.predict_proba(X)
            return result
        return {"prediction": model.predict(X).reshape(len(X), -1)}
    made = model.transform(X)
    return {"features": made.toarray() if hasattr(made, "toarray") else np.asarray(made)}


def skl2onnx_answers(model, X):
    import onnxruntime
    from skl2onnx import to_onnx
    from skl2onnx.common.data_types import FloatTensorType, StringTensorType
    if X.dtype == object:
        kinds = [isinstance(value, str) for value in X[0]]
        types = [(f"column_{i}", StringTensorType([None, 1]) if text else FloatTensorType([None, 1]))
                 for i, text in enumerate(kinds)]
        feed = {f"column_{i}": X[:, [i]].astype(object if text else np.float32) for i, text in enumerate(kinds)}
    else:
        types = [("X", FloatTensorType([None, X.shape[1]]))]
        feed = {"X": X.astype(np.float32)}
    options = {"zipmap": False} if hasattr(model, "classes_") else None
    graph = to_onnx(model, initial_types=types, options={id(model): options} if options else None)
    session = onnxruntime.InferenceSession(graph.SerializeToString(), providers=["CPUExecutionProvider"])
    return session.run(None, feed)


def save(name, model, place):
    """One of six ways, in turn; what is large is packed."""
    path = os.path.join(OUT, name)
    way = place % 6
    if way in (1, 3, 4, 5) and len(pickle.dumps(model)) > 2500:
        way = 2 * (way % 2)
    if way == 0:
        joblib.dump(model, path + ".joblib", compress=("zlib", 9))
    elif way == 1:
        with open(path + ".pkl", "wb") as file:
            pickle.dump(model, file, protocol=4)
    elif way == 2:
        joblib.dump(model, path + ".joblib", compress=("gzip", 9))
    elif way == 3:
        with open(path + ".pkl", "wb") as file:
            pickle.dump(model, file, protocol=2)
    elif way == 4:
        joblib.dump(model, path + ".joblib", compress=0)
    else:
        with open(path + ".pkl", "wb") as file:
            pickle.dump(model, file, protocol=5)


def main():
    expected, failures, shared = {}, [], {}

    def ask(name, value):
        """Keeps an input; equal ones once, under the name of the first model that has them."""
        key = shared.setdefault((value.shape, value.tobytes()), name)
        expected[name] = value if key == name else np.array(key)

    for place, (name, (model, X, y)) in enumerate(MODELS.items()):
        if SOME and place % 5 and not name.startswith(("tree", "histogram", "columns")):
            continue
        model.fit(X, y)
        save(name, model, place + len(VERSION))
        asked = rows(model, X)
        if asked.dtype == object:
            for column in range(asked.shape[1]):
                values = asked[:, [column]]
                text = isinstance(values[0, 0], str)
                ask(f"{name}|column_{column}", values.astype(str if text else np.float32))
        else:
            ask(f"{name}|X", asked.astype(np.float32))
        given = asked if asked.dtype == object else asked.astype(np.float32).astype(np.float64)
        for key, value in answers(model, given).items():
            expected[f"{name}|{key}"] = value.astype(np.float32) if value.dtype == np.float64 else value
        try:
            for value in skl2onnx_answers(model, asked):
                if value.dtype == np.float32:
                    expected[f"{name}|skl2onnx"] = value
        except Exception as error:
            failures.append(f"{name}: {type(error).__name__}")
    save_arrays(os.path.join(OUT, "expected.zip"), expected)
    print(sklearn.__version__, len(os.listdir(OUT)) - 1, "models; skl2onnx does not convert:", failures or "none", file=sys.stderr)


main()
