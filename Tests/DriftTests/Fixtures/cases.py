"""Makes cases.json: what SciPy says about small samples. Run once, with SciPy 1.x; the result is committed."""
import json, pathlib
import numpy as np
from scipy import special, stats
from scipy.spatial.distance import jensenshannon

draw = np.random.default_rng(7)
ordered = []
for left, right in [
    (draw.normal(size=40), draw.normal(size=60)), (draw.normal(size=200), draw.normal(0.5, size=150)),
    (draw.exponential(size=90), draw.exponential(2, size=30)), (draw.integers(0, 6, 100), draw.integers(1, 7, 80)),
    (np.ones(30), np.ones(20)), (np.zeros(25), np.ones(25)), (draw.uniform(-1e6, 1e6, 64), draw.uniform(-1e6, 1e6, 64)),
]:
    left, right = np.round(left, 4), np.round(right, 4)
    statistic = stats.ks_2samp(left, right).statistic
    size = len(left) * len(right) / (len(left) + len(right))
    ordered.append({
        "left": left.tolist(), "right": right.tolist(), "ks": float(statistic),
        "p": float(special.kolmogorov(np.sqrt(size) * statistic)),
        "wasserstein": float(stats.wasserstein_distance(left, right)),
    })

counts = []
for left, right in [
    ([20, 30, 50], [25, 25, 60]), ([100, 200, 300, 400], [110, 190, 310, 390]), ([50, 50], [10, 90]),
    ([7, 8, 9, 10, 11, 12], [70, 80, 90, 100, 110, 120]), ([500, 20, 40], [300, 90, 15]),
]:
    test = stats.chi2_contingency([left, right], correction=False)
    (a, b) = np.array(left, float), np.array(right, float)
    n, m, k = a.sum(), b.sum(), len(a)
    x, y = (a + 0.5) / (n + k / 2), (b + 0.5) / (m + k / 2)
    psi = float(((x - y) * np.log(x / y)).sum())
    scale = 1 / n + 1 / m
    counts.append({
        "left": left, "right": right, "chi2": float(test.statistic), "freedom": int(test.dof), "p": float(test.pvalue),
        "jensenshannon": float(jensenshannon(a, b, base=2)), "psi": psi,
        "psiMean": (k - 1) * scale, "psiDeviation": float(np.sqrt(2 * (k - 1)) * scale),
        "psiP": float(stats.chi2.sf(psi / scale, k - 1)),
    })

p = np.round(draw.uniform(size=12) ** 3, 6)
corrections = {"p": p.tolist(), "benjaminiHochberg": stats.false_discovery_control(p).tolist()}
tails = {
    "kolmogorov": [[x, float(special.kolmogorov(x))] for x in (0.05, 0.2, 0.5, 0.9, 1.0, 1.18, 1.36, 2.0, 4.0, 8.0)],
    "chiSquare": [[x, k, float(stats.chi2.sf(x, k))] for k in (1, 2, 9, 63, 255) for x in (0.1, 1.0, 9.5, 60.0, 300.0)],
}
pathlib.Path(__file__).with_name("cases.json").write_text(
    json.dumps({"ordered": ordered, "counts": counts, "corrections": corrections, "tails": tails}) + "\n")
