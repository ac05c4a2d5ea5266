"""Writes what scikit-learn's transformers make of random columns, for ColumnPlan and TableStudy to agree with.

transforms.json: declarations, cells, and the numbers that a fitted transformer gave for them.
examples.csv, examples.json: a table, and what fitting on it found.

Run in an environment with requirements.txt: python3 generate.py
The files are committed; nothing of this runs in tests.
"""

import json
import pathlib

import numpy as np
import pandas
from sklearn.compose import ColumnTransformer
from sklearn.impute import MissingIndicator, SimpleImputer
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import KBinsDiscretizer, MinMaxScaler, OneHotEncoder, OrdinalEncoder, StandardScaler

FOLDER = pathlib.Path(__file__).parent
ROWS = 24
RANDOM = np.random.default_rng(20261121)
WORDS = ["ape", "bee", "Cat", "dög", "élan", "zebra", "日本", "a b", "quo\"te"]


def numbers(missing=0.2):
    values = RANDOM.normal(RANDOM.uniform(-50, 50), 10.0 ** RANDOM.integers(-3, 4), ROWS)
    values[RANDOM.random(ROWS) < missing] = np.nan
    return values[:, None]


def words(missing=0.0, known=5):
    values = RANDOM.choice(np.array(WORDS[:known], dtype=object), ROWS)
    values[RANDOM.random(ROWS) < missing] = None
    # Every table has every category once, so that what is not known is what is meant not to be.
    values[:known] = WORDS[:known]
    if missing:
        values[known] = None
    return values[:, None]


def plain(value):
    """As JSON has it; what is missing is null."""
    if value is None or (isinstance(value, float) and np.isnan(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def impute(strategy, imputer):
    key = {"most_frequent": "mostFrequent"}.get(strategy, strategy)
    return {key: plain(imputer.statistics_[0])}


def objects(values):
    """Texts as pandas keeps them when it is not asked to be clever: None where one is missing."""
    return pandas.Series([None if pandas.isna(v) else v for v in np.asarray(values, dtype=object).ravel()], dtype=object)


CASES = []


def case(name, declaration, cells, expected):
    CASES.append({
        "name": name, "columns": declaration,
        "cells": {column: [plain(v) for v in np.asarray(values, dtype=object).ravel()] for column, values in cells.items()},
        "expected": [[plain(float(v)) for v in row] for row in np.asarray(expected, dtype=np.float64)],
    })


def single_columns(round):
    for strategy in ["mean", "median", "most_frequent", "constant"]:
        train, rows = numbers(), numbers()
        imputer = SimpleImputer(strategy=strategy, fill_value=-7.25 if strategy == "constant" else None).fit(train)
        case(f"impute {strategy} {round}", [{"column": "x", "impute": impute(strategy, imputer)}], {"x": rows},
             imputer.transform(rows))

        scaled = make_pipeline(imputer, StandardScaler()).fit(train)
        scaler = scaled[-1]
        case(f"standardise after {strategy} {round}",
             [{"column": "x", "impute": impute(strategy, imputer),
               "standardise": {"mean": scaler.mean_[0], "std": scaler.scale_[0]}}], {"x": rows}, scaled.transform(rows))

    train, rows = numbers(), numbers()
    scaler = StandardScaler().fit(train)
    case(f"standardise keeps NaN {round}",
         [{"column": "x", "missing": "keep", "standardise": {"mean": scaler.mean_[0], "std": scaler.scale_[0]}}],
         {"x": rows}, scaler.transform(rows))

    for clip in [False, True]:
        low, high = [(0, 1), (-1, 1), (-3, 7.5)][round % 3]
        train, rows = numbers(0), numbers(0) * 1.5
        scaler = MinMaxScaler(feature_range=(low, high), clip=clip).fit(train)
        case(f"minMax clip {clip} {round}",
             [{"column": "x", "minMax": {"min": scaler.data_min_[0], "max": scaler.data_max_[0], "to": [low, high],
                                         "clip": clip}}], {"x": rows}, scaler.transform(rows))

    constant = np.full((ROWS, 1), 3.5)
    scaler = MinMaxScaler().fit(constant)
    rows = numbers(0)
    case(f"minMax of a constant {round}", [{"column": "x", "minMax": {"min": 3.5, "max": 3.5}}], {"x": rows},
         scaler.transform(rows))

    for strategy in ["uniform", "quantile", "kmeans"]:
        for encode, form in [("ordinal", "index"), ("onehot-dense", "oneHot")]:
            train, rows = numbers(0), numbers(0) * 2
            binner = KBinsDiscretizer(
                n_bins=int(RANDOM.integers(2, 8)), strategy=strategy, encode=encode,
                quantile_method="averaged_inverted_cdf", random_state=round).fit(train)
            edges = binner.bin_edges_[0]
            # Numbers that lie on edges are the ones that may go either way.
            rows[: min(len(edges), ROWS), 0] = edges[:ROWS]
            case(f"bins {strategy} {form} {round}", [{"column": "x", "bins": {"edges": list(edges), "as": form}}],
                 {"x": rows}, binner.transform(rows))


def categories(round):
    for drop in [None, "first"]:
        train, rows = words(), words(known=8)
        encoder = OneHotEncoder(handle_unknown="ignore", sparse_output=False, drop=drop).fit(train)
        declared = {"column": "w", "oneHot": list(encoder.categories_[0]), "unknown": "ignore"}
        if drop:
            declared["drop"] = "first"
        with np.errstate(all="ignore"):
            case(f"oneHot drop {drop} {round}", [declared], {"w": rows}, encoder.transform(rows))

    train, rows = words(0.3), words(0.3)
    encoder = OneHotEncoder(handle_unknown="error", sparse_output=False).fit(train)
    case(f"oneHot with a missing category {round}",
         [{"column": "w", "type": "BYTES", "oneHot": [plain(c) for c in encoder.categories_[0]]}], {"w": rows},
         encoder.transform(rows))

    train, rows = words(), words(known=9)
    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1).fit(train)
    case(f"ordinal {round}", [{"column": "w", "ordinal": list(encoder.categories_[0]), "unknown": -1}], {"w": rows},
         encoder.transform(rows))

    encoder = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan).fit(train)
    case(f"ordinal with NaN for the unknown {round}",
         [{"column": "w", "ordinal": list(encoder.categories_[0]), "unknown": "NaN"}], {"w": rows},
         encoder.transform(rows))

    train, rows = words(0.3), words(0.3)
    filled = make_pipeline(
        SimpleImputer(missing_values=None, strategy="most_frequent"), OneHotEncoder(sparse_output=False)).fit(train)
    known = list(filled[-1].categories_[0])
    case(f"oneHot after mostFrequent {round}",
         [{"column": "w", "impute": {"mostFrequent": filled[0].statistics_[0]}, "oneHot": known}], {"w": rows},
         filled.transform(rows))

    codes = RANDOM.integers(-2, 4, (ROWS, 1)).astype(np.float64)
    encoder = OneHotEncoder(sparse_output=False).fit(codes)
    case(f"oneHot of numbers {round}", [{"column": "c", "oneHot": list(encoder.categories_[0])}], {"c": codes},
         encoder.transform(codes))

    rows = numbers(0.4)
    rows[0] = np.nan
    case(f"isMissing {round}", [{"column": "x", "isMissing": True}], {"x": rows},
         MissingIndicator(features="all").fit(rows).transform(rows))


def tables(round):
    """What people write: numbers first, then categories, of one table."""
    frame = pandas.DataFrame({
        "age": numbers().ravel(), "fare": numbers().ravel(), "job": objects(words(0.2)), "size": objects(words())})
    rows = pandas.DataFrame({
        "age": numbers().ravel(), "fare": numbers().ravel(), "job": objects(words(0.2, 7)), "size": objects(words())})
    whole = ColumnTransformer([
        ("numbers", make_pipeline(SimpleImputer(strategy="median", add_indicator=False), StandardScaler()), ["age", "fare"]),
        ("jobs", make_pipeline(SimpleImputer(missing_values=None, strategy="constant", fill_value="none"),
                               OneHotEncoder(handle_unknown="ignore", sparse_output=False)), ["job"]),
        ("sizes", OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1), ["size"]),
    ]).fit(frame)
    fitted = whole.named_transformers_
    declared = []
    for index, column in enumerate(["age", "fare"]):
        declared.append({
            "column": column, "impute": {"median": fitted["numbers"][0].statistics_[index]},
            "standardise": {"mean": fitted["numbers"][1].mean_[index], "std": fitted["numbers"][1].scale_[index]}})
    declared.append({"column": "job", "impute": "none", "oneHot": list(fitted["jobs"][1].categories_[0]), "unknown": "ignore"})
    declared.append({"column": "size", "ordinal": list(fitted["sizes"].categories_[0]), "unknown": -1})
    case(f"ColumnTransformer {round}", declared, {c: rows[c].to_numpy(dtype=object) for c in rows},
         whole.transform(rows))


def examples():
    count = 501
    age = np.round(RANDOM.normal(40, 12, count), 1)
    fare = np.exp(RANDOM.normal(3, 1.5, count))
    code = RANDOM.integers(1, 5, count)
    job = RANDOM.choice(np.array(["clerk", "nurse", "ab,c", "ze\"d"], dtype=object), count, p=[0.4, 0.3, 0.2, 0.1])
    age[RANDOM.random(count) < 0.1] = np.nan
    job[RANDOM.random(count) < 0.1] = None
    frame = pandas.DataFrame({"id": np.arange(count), "age": age, "fare": fare, "code": code, "job": job})
    frame.to_csv(FOLDER / "examples.csv", index=False)
    frame = pandas.read_csv(FOLDER / "examples.csv", dtype={"job": object})
    ages, fares, jobs = frame[["age"]], frame[["fare"]], objects(frame["job"]).to_frame()
    quantile = KBinsDiscretizer(5, strategy="quantile", encode="ordinal", quantile_method="averaged_inverted_cdf",
                                subsample=None).fit(fares)
    uniform = KBinsDiscretizer(5, strategy="uniform", encode="ordinal", subsample=None).fit(fares)
    scaled = make_pipeline(SimpleImputer(strategy="median"), StandardScaler()).fit(ages)
    found = {
        "mean": plain(SimpleImputer(strategy="mean").fit(ages).statistics_[0]),
        "median": plain(SimpleImputer(strategy="median").fit(ages).statistics_[0]),
        "mostFrequentNumber": plain(SimpleImputer(strategy="most_frequent").fit(frame[["code"]]).statistics_[0]),
        "mostFrequentText": SimpleImputer(missing_values=None, strategy="most_frequent").fit(jobs).statistics_[0],
        "standardMean": plain(scaled[1].mean_[0]), "standardStd": plain(scaled[1].scale_[0]),
        "minimum": plain(MinMaxScaler().fit(fares).data_min_[0]), "maximum": plain(MinMaxScaler().fit(fares).data_max_[0]),
        "quantileEdges": [plain(e) for e in quantile.bin_edges_[0]], "uniformEdges": [plain(e) for e in uniform.bin_edges_[0]],
        "categories": list(OneHotEncoder().fit(jobs.dropna().to_numpy()).categories_[0]),
        "codes": [plain(c) for c in OrdinalEncoder().fit(frame[["code"]]).categories_[0]],
    }
    (FOLDER / "examples.json").write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n")


for number in range(3):
    single_columns(number)
    categories(number)
    tables(number)
examples()
lines = ",\n".join(json.dumps(c, ensure_ascii=False, separators=(",", ":"), allow_nan=False, default=plain) for c in CASES)
(FOLDER / "transforms.json").write_text(f"[{lines}]\n")
print(len(CASES), "cases")
