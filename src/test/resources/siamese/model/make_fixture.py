"""Writes loss.csv: the contrastive loss and its gradients as PyTorch's autograd gives them; ContrastiveLossTest and
PairMatrixLossTest compare. Any version of PyTorch will do:

    apt-get install python3-torch && /usr/bin/python3 make_fixture.py      (or: pip install torch)

A row is kind; margin; inputs; similar; mean loss; gradient of the mean loss with respect to the inputs. The inputs are
distances, or 2n embeddings of d components whose pairs are (0, n), (1, n + 1) and so on.
"""
import pathlib

import torch

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
row = lambda values: " ".join(repr(float(v)) for v in values.flatten())


def loss(distance, similar, margin):
    return (similar * distance ** 2 + (1 - similar) * torch.clamp(margin - distance, min=0) ** 2).mean()


rows = []
for margin in (0.1, 0.5, 1.0, 2.5, 10.0):
    for n in (1, 2, 7, 40):
        similar = torch.randint(0, 2, (n,)).double()
        distances = (torch.rand(n) * 1.6 * margin).requires_grad_()
        mean = loss(distances, similar, margin)
        mean.backward()
        rows.append(["distances", repr(margin), row(distances), row(similar), repr(mean.item()), row(distances.grad)])
for kind in ("EUCLIDEAN", "COSINE"):
    for margin in (0.1, 0.5, 1.0, 2.5):
        for n in (1, 2, 9):
            similar = torch.randint(0, 2, (n,)).double()
            scale = 0.4 * margin if kind == "EUCLIDEAN" else 1
            embeddings = (torch.randn(2 * n, 5) * scale).requires_grad_()
            a, b = embeddings[:n], embeddings[n:]
            distance = (a - b).norm(dim=1) if kind == "EUCLIDEAN" else 1 - torch.nn.functional.cosine_similarity(a, b)
            mean = loss(distance, similar, margin)
            mean.backward()
            rows.append([kind, repr(margin), row(embeddings), row(similar), repr(mean.item()), row(embeddings.grad)])
pathlib.Path(__file__).with_name("loss.csv").write_text("\n".join(";".join(r) for r in rows) + "\n")
