"""Writes loss.csv: the losses and their gradients as PyTorch's autograd gives them; ContrastiveLossTest and LossesTest
compare. Any version of PyTorch will do:

    apt-get install python3-torch && /usr/bin/python3 make_fixture.py      (or: pip install torch)

A row is kind; margin; inputs; similar; mean loss; gradient of the mean loss with respect to the inputs. The inputs are
distances, or 2n embeddings of d components whose pairs are (0, n), (1, n + 1) and so on. For SUPERVISED it is kind;
temperature; n embeddings; n labels; loss; gradient; for a triplet loss, such as TRIPLET HARD COSINE, it has the
margin in place of the temperature.
"""
import pathlib

import torch

torch.manual_seed(1)
torch.set_default_dtype(torch.float64)
row = lambda values: " ".join(repr(float(v)) for v in values.detach().flatten())


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
for temperature in (0.05, 0.1, 1.0):
    for n in (4, 9, 30):
        labels = torch.randint(0, 3, (n,))
        embeddings = torch.randn(n, 5, requires_grad=True)
        directions = torch.nn.functional.normalize(embeddings)
        logits = (directions @ directions.T / temperature).masked_fill(torch.eye(n, dtype=torch.bool), -torch.inf)
        same = (labels[:, None] == labels[None, :]) & ~torch.eye(n, dtype=torch.bool)
        some = same.any(1)  # an image without a similar one adds nothing, but counts in the mean
        target = same[some].double() / same[some].sum(1, keepdim=True)
        mean = -(target * torch.log_softmax(logits[some], 1).masked_fill(target == 0, 0)).sum() / n
        mean.backward()
        rows.append(["SUPERVISED", repr(temperature), row(embeddings), row(labels), repr(mean.item()), row(embeddings.grad)])


def triplets(distance, labels, mining):
    """Anchors, positives and negatives that count, written down as the papers choose them."""
    n = len(labels)
    chosen = []
    for a in range(n):
        positives = [p for p in range(n) if p != a and labels[p] == labels[a]]
        negatives = [k for k in range(n) if labels[k] != labels[a]]
        d = distance[a].tolist()
        if not positives or not negatives:
            continue
        if mining == "ALL":
            chosen += [(a, p, k) for p in positives for k in negatives]
        elif mining == "HARD":
            chosen.append((a, max(positives, key=d.__getitem__), min(negatives, key=d.__getitem__)))
        else:
            for p in positives:
                beyond = [k for k in negatives if d[k] > d[p]]
                chosen.append((a, p, min(beyond, key=d.__getitem__) if beyond else max(negatives, key=d.__getitem__)))
    return torch.tensor(chosen).T


for kind in ("EUCLIDEAN", "COSINE"):
    for mining in ("ALL", "HARD", "SEMI_HARD"):
        for n, margin in ((4, 0.2), (9, 0.5), (30, 1.0)):
            labels = torch.arange(n) % 2 if n == 4 else torch.randint(0, 3, (n,))
            embeddings = (torch.randn(n, 5) * 0.5).requires_grad_()
            if kind == "EUCLIDEAN":
                differences = embeddings[:, None] - embeddings[None, :]
                distance = (differences ** 2).sum(2).add(torch.eye(n)).sqrt() * (1 - torch.eye(n))
            else:
                directions = torch.nn.functional.normalize(embeddings)
                distance = 1 - directions @ directions.T
            a, p, k = triplets(distance.detach(), labels, mining)
            excess = torch.clamp(margin + distance[a, p] - distance[a, k], min=0)
            mean = excess.sum() / ((excess > 0).sum().clamp(min=1) if mining == "ALL" else len(a))
            mean.backward()
            rows.append([f"TRIPLET {mining} {kind}", repr(margin), row(embeddings), row(labels), repr(mean.item()),
                         row(embeddings.grad)])
pathlib.Path(__file__).with_name("loss.csv").write_text("\n".join(";".join(r) for r in rows) + "\n")
