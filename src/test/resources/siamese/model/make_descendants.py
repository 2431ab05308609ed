"""Writes descendants.csv: losses and their gradients as PyTorch Metric Learning (its version stands in the first row) and
PyTorch's autograd give them; DescendantsTest compares. Any version of PyTorch will do:

    pip install torch pytorch-metric-learning && python make_descendants.py

A row is kind; settings; embeddings (n of 5 components); labels; loss; gradient with respect to the embeddings; the
loss's parameters and the gradient with respect to these, both empty where there are none. WEIGHTED_L1, which PyTorch
Metric Learning does not have, is written down here as its paper has it.
"""
import math
import pathlib

import pytorch_metric_learning
import torch
from pytorch_metric_learning import losses, miners
from pytorch_metric_learning.distances import CosineSimilarity

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
numbers = lambda values: " ".join(repr(float(v)) for v in values.detach().flatten())
rows = [["# PyTorch " + torch.__version__, "PyTorch Metric Learning " + pytorch_metric_learning.__version__]]


def add(kind, settings, embeddings, labels, loss, parameters=()):
    loss.backward()
    rows.append([kind, " ".join(map(repr, settings)), numbers(embeddings), numbers(labels), repr(loss.item()),
                 numbers(embeddings.grad), " ".join(numbers(p) for p in parameters),
                 " ".join(numbers(p.grad) for p in parameters)])


def batch(n):
    return torch.randn(n, 5, requires_grad=True), torch.arange(n) % 3


for n in (6, 9, 30):
    for temperature in (0.07, 0.2, 1.0):
        embeddings, labels = batch(n)
        add("INFO_NCE", [temperature], embeddings, labels, losses.NTXentLoss(temperature)(embeddings, labels))
    for alpha, beta, base, epsilon in ((2.0, 50.0, 0.5, 0.1), (2.0, 10.0, 0.5, 0.3), (1.0, 3.0, 0.2, 2.5)):
        embeddings, labels = batch(n)
        mined = miners.MultiSimilarityMiner(epsilon)(embeddings, labels)
        loss = losses.MultiSimilarityLoss(alpha, beta, base)
        add("MULTI_SIMILARITY", [alpha, beta, base, epsilon], embeddings, labels, loss(embeddings, labels, mined))
    for scale, margin in ((16.0, 0.2), (32.0, 0.5), (4.0, 1.5)):
        embeddings, labels = batch(n)
        loss = losses.ArcFaceLoss(3, 5, margin=math.degrees(margin), scale=scale)
        add("ARC_FACE", [scale, margin], embeddings, labels, loss(embeddings, labels), [loss.W])
        rows[-1][-2:] = [numbers(loss.W.T), numbers(loss.W.grad.T)]  # a row a class
    for alpha, bias in ((0.3, 1.0), (1.0, 5.0)):
        embeddings, labels = batch(n)
        weights = (alpha * torch.rand(5)).requires_grad_()
        b = torch.tensor([bias], requires_grad=True)
        i, j = torch.triu_indices(n, n, 1)
        distance = ((embeddings[i] - embeddings[j]).abs() * weights ** 2).sum(1)
        same = labels[i] == labels[j]
        each = torch.nn.functional.binary_cross_entropy_with_logits(b - distance, same.double(), reduction="none")
        add("WEIGHTED_L1", [], embeddings, labels, each[same].mean() / 2 + each[~same].mean() / 2, [weights, b])
pathlib.Path(__file__).with_name("descendants.csv").write_text("\n".join(";".join(r) for r in rows) + "\n")
