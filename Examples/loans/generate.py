"""Makes everything in this folder that is not text: a table of made-up loans, and a classifier trained on it.

Run by hand, seldom; the results are committed:

    python3 -m venv /tmp/loans && /tmp/loans/bin/pip install -r requirements.txt
    /tmp/loans/bin/python generate.py
"""

import json
from pathlib import Path

import numpy as np
import pandas
from onnx import checker
from skl2onnx import to_onnx
from skl2onnx.common.data_types import FloatTensorType
from sklearn.compose import ColumnTransformer
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, OneHotEncoder, OrdinalEncoder, StandardScaler

FOLDER = Path(__file__).parent
RANDOM = np.random.default_rng(17)
JOBS = ["clerk", "farmer", "nurse", "pilot"]
THRESHOLD = 0.7
LABELS = ["default", "repaid"]


def table(count, jobs):
    """People, and whether they paid back."""
    age = np.round(RANDOM.normal(44, 13, count)).clip(18, 90)
    income = np.round(np.exp(RANDOM.normal(10.4, 0.5, count)), 2)
    amount = np.round(np.exp(RANDOM.normal(9, 1, count)), 2)
    job = RANDOM.choice(np.array(jobs, dtype=object), count)
    home = RANDOM.choice(np.array(["own", "rent"], dtype=object), count)
    worth = 0.04 * (age - 44) + 1.2 * np.log(income / amount) - 1 + 0.7 * (home == "own") + 0.5 * (job == "nurse")
    repaid = (worth + RANDOM.logistic(0, 1, count) > 0).astype(np.int64)
    age[RANDOM.random(count) < 0.1] = np.nan
    job[RANDOM.random(count) < 0.1] = None
    columns = {"age": age, "income": income, "amount": amount, "job": pandas.Series(job, dtype=object),
               "home": pandas.Series(home, dtype=object), "repaid": repaid}
    return pandas.DataFrame(columns)


def main() -> None:
    train, new = table(400, JOBS), table(40, [*JOBS, "poet"])
    prepare = ColumnTransformer([
        ("age", make_pipeline(SimpleImputer(strategy="median"), StandardScaler()), ["age"]),
        ("income", StandardScaler(), ["income"]),
        ("amount", KBinsDiscretizer(6, encode="ordinal", strategy="quantile", subsample=None,
                                    quantile_method="averaged_inverted_cdf"), ["amount"]),
        ("job", make_pipeline(SimpleImputer(missing_values=None, strategy="most_frequent"),
                              OneHotEncoder(handle_unknown="ignore", sparse_output=False)), ["job"]),
        ("home", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["home"]),
    ])
    numbers = prepare.fit_transform(train).astype(np.float32)
    classifier = LogisticRegression(max_iter=1000).fit(numbers, train["repaid"])

    options = {LogisticRegression: {"zipmap": False}}
    model = to_onnx(classifier, initial_types=[("features", FloatTensorType([None, numbers.shape[1]]))],
                    target_opset={"": 21, "ai.onnx.ml": 3}, options=options)
    model.graph.name = "loans"
    checker.check_model(model)
    (FOLDER / "loans.onnx").write_bytes(model.SerializeToString(deterministic=True))

    fitted = prepare.named_transformers_
    columns = [
        {"column": "age", "impute": {"median": float(fitted["age"][0].statistics_[0])},
         "standardise": {"mean": float(fitted["age"][1].mean_[0]), "std": float(fitted["age"][1].scale_[0])}},
        {"column": "income",
         "standardise": {"mean": float(fitted["income"].mean_[0]), "std": float(fitted["income"].scale_[0])}},
        {"column": "amount", "bins": [float(edge) for edge in fitted["amount"].bin_edges_[0]]},
        {"column": "job", "impute": {"mostFrequent": fitted["job"][0].statistics_[0]},
         "oneHot": list(fitted["job"][1].categories_[0]), "unknown": "ignore"},
        {"column": "home", "ordinal": list(fitted["home"].categories_[0]), "unknown": -1},
    ]
    post = [{"output": "probabilities", "threshold": THRESHOLD}, {"output": "probabilities", "labels": True}]
    processing = {"pre": [{"input": "features", "columns": columns}], "post": post, "labels": LABELS}
    (FOLDER / "processing.json").write_text(json.dumps(processing, indent=2) + "\n")

    probabilities = classifier.predict_proba(prepare.transform(new).astype(np.float32))[:, 1]
    answers = {"threshold": THRESHOLD, "repaid": [float(p) for p in probabilities],
               "labels": [LABELS[int(p >= THRESHOLD)] for p in probabilities],
               "accuracy": float((classifier.predict(prepare.transform(new).astype(np.float32)) == new["repaid"]).mean())}
    (FOLDER / "expected.json").write_text(json.dumps(answers, indent=1) + "\n")
    train.to_csv(FOLDER / "train.csv", index=False, float_format="%.10g")
    new.to_csv(FOLDER / "new.csv", index=False, float_format="%.10g")


if __name__ == "__main__":
    main()
