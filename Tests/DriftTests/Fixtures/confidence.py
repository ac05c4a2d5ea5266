"""Makes confidence.json: what scikit-learn's isotonic regression and NannyML's formula say of small samples.

Run once, with scikit-learn 1.x; the result is committed. NannyML estimates accuracy without labels as the mean of
calibrated confidences (how_it_works/performance_estimation: CBPE), here of the class that was predicted."""
import json, pathlib
import numpy as np
from sklearn.isotonic import IsotonicRegression

draw = np.random.default_rng(11)
cases = []
for rows, digits, tilt in [(40, 4, 1.0), (100, 2, 2.0), (120, 1, 0.5), (30, 4, 8.0), (1, 4, 1.0)]:
    confidence = np.round(draw.uniform(0.3, 1, rows), digits)
    right = draw.uniform(size=rows) < confidence ** tilt
    curve = IsotonicRegression(out_of_bounds="clip").fit(confidence, right.astype(float))
    asked = np.round(np.concatenate([[0, 1], draw.uniform(0.2, 1.1, 25)]), 4)
    told = curve.predict(asked)
    cases.append({
        "confidence": confidence.tolist(), "right": right.astype(int).tolist(), "asked": asked.tolist(),
        "told": told.tolist(), "accuracy": float(told.mean()),
        "deviation": float(np.sqrt((told * (1 - told)).sum()) / len(told)),
        "reference": float(curve.predict(confidence).mean()),
    })
pathlib.Path(__file__).with_name("confidence.json").write_text(json.dumps({"curves": cases}) + "\n")
