"""Writes components.csv: principal components of some points as scikit-learn computes them; EmbeddingsTest compares.

    pip install scikit-learn==1.7.2 && python make_components.py

A row is one matrix, its rows separated by "|": points, mean, axes, shares of the variance, projected points.
"""
import pathlib

import numpy as np
from sklearn.decomposition import PCA

rng = np.random.default_rng(3)
points = rng.normal(size=(40, 6)) @ rng.normal(size=(6, 6)) + rng.normal(size=6) * 5
pca = PCA(n_components=3, svd_solver="full").fit(points)
axes, projected = pca.components_, pca.transform(points)
signs = np.sign(axes[np.arange(3), np.abs(axes).argmax(axis=1)])
matrix = lambda values: "|".join(" ".join(repr(float(v)) for v in line) for line in np.atleast_2d(values))
rows = [matrix(m) for m in (points, pca.mean_, axes * signs[:, None], pca.explained_variance_ratio_, projected * signs)]
pathlib.Path(__file__).with_name("components.csv").write_text("\n".join(rows) + "\n")
