"""Writes verification.csv: what scikit-learn says of some distances; VerificationReportTest compares.

    pip install scikit-learn==1.7.2 scipy==1.16.2 && python make_fixture.py
"""
import pathlib

import numpy as np
from scipy.interpolate import interp1d
from scipy.optimize import brentq
from sklearn.metrics import auc, roc_curve

rng = np.random.default_rng(1)


def case(name, distances, similar):
    far, tar, thresholds = roc_curve(similar, -np.asarray(distances), drop_intermediate=False)
    eer = brentq(lambda x: 1 - x - interp1d(far, tar)(x), 0, 1)
    positives, negatives = np.sum(similar), np.sum(1 - similar)
    best = np.max((tar * positives + (1 - far) * negatives) / len(similar))
    row = lambda values: " ".join(repr(float(v)) for v in values)
    return ";".join([name, row(distances), row(similar), row(-thresholds[1:]), row(far), row(tar),
                     repr(float(auc(far, tar))), repr(float(eer)), repr(float(best))])


def drawn(n, gap, digits=None):
    similar = rng.integers(0, 2, n)
    distances = np.abs(rng.normal(np.where(similar == 1, 0.3, 0.3 + gap), 0.2))
    return (distances if digits is None else np.round(distances, digits)), similar


rows = [case("easy", *drawn(400, 0.8)), case("hard", *drawn(300, 0.2)), case("ties", *drawn(500, 0.4, 1)),
        case("many ties", *drawn(200, 0.3, 0)), case("upside down", *drawn(100, -0.25)),
        case("constant", np.full(10, 0.5), np.array([1, 0] * 5)), case("two pairs", np.array([0.1, 0.9]), np.array([0, 1]))]
pathlib.Path(__file__).with_name("verification.csv").write_text("\n".join(rows) + "\n")
