"""Writes sklearn/: small scikit-learn estimators through skl2onnx, as people export them, with scikit-learn's answers.

Run in an environment with requirements_sklearn.txt: PYTHONHASHSEED=0 python3 generate_sklearn.py
The files are committed; nothing of this runs in tests.
"""

import numpy as np
import pandas
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType, StringTensorType
from sklearn.cluster import KMeans
from sklearn.compose import ColumnTransformer
from sklearn.datasets import load_diabetes, load_iris
from sklearn.decomposition import PCA
from sklearn.ensemble import (
    GradientBoostingClassifier, GradientBoostingRegressor, IsolationForest,
    RandomForestClassifier, RandomForestRegressor,
)
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LinearRegression, LogisticRegression
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, MinMaxScaler, Normalizer, OneHotEncoder, PolynomialFeatures, StandardScaler
from sklearn.svm import SVC, SVR
from sklearn.tree import DecisionTreeClassifier

from cases import save_cases, save_model

IRIS = load_iris(return_X_y=True)
DIABETES = load_diabetes(return_X_y=True)


def write(name, estimator, data, **options):
    x, y = data
    x = x.astype(np.float32)
    estimator.fit(x, y)
    rows = [x[::len(x) // 6][:6], x[7:8], x[2::len(x) // 3]]
    save_cases("sklearn", name, [([some], answers(estimator, some)) for some in rows])
    inputs = [("X", FloatTensorType([None, x.shape[1]]))]
    save(name, to_onnx(estimator, initial_types=inputs, target_opset={"": 21, "ai.onnx.ml": 3}, **options))


def save(name, model):
    model.graph.name = f"skl_{name}"
    save_model("sklearn", name, model)


def answers(estimator, x):
    """What the converted model's outputs stand for."""
    if isinstance(estimator, KMeans):
        return [estimator.predict(x).astype(np.int64), estimator.transform(x).astype(np.float32)]
    if isinstance(estimator, IsolationForest):
        return [estimator.predict(x)[:, None].astype(np.int64), estimator.decision_function(x)[:, None].astype(np.float32)]
    if hasattr(estimator, "predict_proba"):
        return [estimator.predict(x).astype(np.int64), estimator.predict_proba(x).astype(np.float32)]
    if hasattr(estimator, "predict"):
        return [estimator.predict(x).reshape(-1, 1).astype(np.float32)]
    return [estimator.transform(x).astype(np.float32)]


def plain(estimator):
    """Options for a classifier that answers probabilities as a tensor."""
    return {"options": {id(estimator): {"zipmap": False}}}


def classifiers():
    scaled = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500))
    write("scaler_logistic", scaled, IRIS, **plain(scaled))
    for name, estimator in [
        ("random_forest", RandomForestClassifier(n_estimators=8, max_depth=4, random_state=0)),
        ("gradient_boosting", GradientBoostingClassifier(n_estimators=5, max_depth=2, random_state=0)),
        ("tree", DecisionTreeClassifier(max_depth=3, random_state=0)),
        ("svc", SVC(probability=True, random_state=0)),
        ("naive_bayes", GaussianNB()),
        ("neighbours", KNeighborsClassifier(n_neighbors=3)),
        ("mlp", MLPClassifier(hidden_layer_sizes=(8,), max_iter=300, random_state=0)),
    ]:
        write(name, estimator, IRIS, **plain(estimator))
    with_maps = LogisticRegression(max_iter=500)
    write("zipmap", with_maps, IRIS)


def regressors():
    for name, estimator in [
        ("linear", LinearRegression()),
        ("forest_regressor", RandomForestRegressor(n_estimators=5, max_depth=4, random_state=0)),
        ("boosting_regressor", GradientBoostingRegressor(n_estimators=6, max_depth=2, random_state=0)),
        ("polynomial", make_pipeline(MinMaxScaler(), PolynomialFeatures(2), LinearRegression())),
    ]:
        write(name, estimator, DIABETES)
    small = (DIABETES[0][:120], DIABETES[1][:120])
    write("svr", make_pipeline(StandardScaler(), SVR()), small)


def transformers():
    write("pca", make_pipeline(Normalizer(), PCA(2)), IRIS)
    write("kmeans", KMeans(3, n_init=3, random_state=0), IRIS)
    write("bins", KBinsDiscretizer(n_bins=3, encode="ordinal", quantile_method="averaged_inverted_cdf"), IRIS)
    forest = IsolationForest(n_estimators=5, max_samples=32, random_state=0)
    write("isolation_forest", forest, IRIS)


def columns_of(frame):
    """Each column by itself, as the model takes them."""
    return [frame[[name]].to_numpy(np.float32 if name.startswith("n") else str) for name in frame.columns]


def mixed():
    """Numbers with gaps, and categories as strings."""
    random = np.random.default_rng(0)
    numbers = random.normal(size=(80, 3)).astype(np.float32)
    numbers[random.random((80, 3)) < 0.1] = np.nan
    words = random.choice(["red", "green", "blue"], size=(80, 2))
    target = (np.nan_to_num(numbers[:, 0]) + (words[:, 0] == "red") > 0.3).astype(np.int64)
    frame = pandas.DataFrame({f"n{i}": numbers[:, i] for i in range(3)} | {f"w{i}": words[:, i] for i in range(2)})
    columns = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(), StandardScaler()), [f"n{i}" for i in range(3)]),
        ("words", OneHotEncoder(handle_unknown="ignore"), [f"w{i}" for i in range(2)]),
    ])
    pipeline = make_pipeline(columns, LogisticRegression())
    pipeline.fit(frame, target)
    rows = [frame[:6], frame[9:10], frame[40:]]
    save_cases("sklearn", "mixed", [(columns_of(some), answers(pipeline, some)) for some in rows])
    inputs = [(f"n{i}", FloatTensorType([None, 1])) for i in range(3)]
    inputs += [(f"w{i}", StringTensorType([None, 1])) for i in range(2)]
    save("mixed", to_onnx(pipeline, initial_types=inputs, target_opset={"": 21, "ai.onnx.ml": 3}, **plain(pipeline)))


if __name__ == "__main__":
    classifiers()
    regressors()
    transformers()
    mixed()
