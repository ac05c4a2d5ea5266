"""Writes flowers, an MLflow model of scikit-learn's.

    pip install mlflow-skinny scikit-learn pandas
    python3 generate.py
"""
import pathlib

import mlflow
import pandas
from mlflow.models import infer_signature
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

rows, labels = load_iris(return_X_y=True)
columns = ["sepal length (cm)", "sepal width (cm)", "petal length (cm)", "petal width (cm)"]
table = pandas.DataFrame(rows, columns=columns)
model = make_pipeline(StandardScaler(), LogisticRegression(max_iter=500)).fit(rows, labels)
mlflow.sklearn.save_model(
    model, str(pathlib.Path(__file__).parent / "flowers"), signature=infer_signature(table, model.predict(rows)),
    serialization_format="cloudpickle")
