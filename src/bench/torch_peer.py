"""The same training in PyTorch: the same tower and pairs, 128 pairs a batch, Adam, float32, both pictures of a pair embedded.

Both sides of the pairs go through the tower in one call and the pictures are laid out channels last, which is the fastest
of the ways that were tried; batches are taken from arrays in memory, without a DataLoader. With a recipe it is our way to
learn in PyTorch: all pairs of a batch, one cycle of the learning rate, shifted pictures.
"""
import torch
from torch import nn

from peer import BATCH, Clock, cycles, images, memory, order, pairs, per_second, quality, tell


def main() -> None:
    wanted = order()
    torch.set_num_threads(wanted["threads"])
    torch.manual_seed(wanted["seed"])
    layout = torch.channels_last if wanted.get("channelsLast", True) else torch.contiguous_format
    if "recipe" in wanted:
        cycles(wanted, lambda: all_pairs(layout))
        return
    tower, optimizer = base_network(layout)
    train = torch.from_numpy(images(wanted["mnist"], "train"))[:, None]
    chosen = torch.from_numpy(pairs(wanted["train"])).long()

    def learn(batch):
        pictures = train[torch.cat([batch[:, 0], batch[:, 1]])].contiguous(memory_format=layout)
        first, second = tower(pictures).chunk(2)
        d2 = (first - second).square().sum(1).clamp(min=1e-7)
        similar = batch[:, 2].float()
        loss = (similar * d2 + (1 - similar) * (1 - d2.sqrt()).clamp(min=0).square()).mean()
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    if wanted["task"] == "rate":
        clock = Clock(wanted["discard"])
        order_ = torch.randperm(len(chosen))[:BATCH * wanted["batches"]]
        for batch in chosen[order_].split(BATCH):
            learn(batch)
            clock.batch()
        trained = memory()
        some = train[:10_000]
        tell(pairsPerSecond=clock.pairs_per_second(), memory=trained, imagesPerSecond=per_second(lambda: embed(tower, layout, some), len(some)))
        return

    def epoch():
        for batch in chosen[torch.randperm(len(chosen))].split(BATCH):
            learn(batch)

    quality(wanted, epoch, lambda pictures: embed(tower, layout, torch.from_numpy(pictures)[:, None]))


def base_network(layout):
    """The overview's, with weights drawn as Keras draws them, and its Adam."""
    tower = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
                          nn.Flatten(), nn.Linear(1600, 128), nn.ReLU())
    for layer in tower:
        if hasattr(layer, "weight"):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    tower = tower.to(memory_format=layout)
    return tower, torch.optim.Adam(tower.parameters(), lr=1e-3, eps=1e-7)


def embed(tower, layout, pictures):
    with torch.no_grad():
        return torch.cat([tower(part.contiguous(memory_format=layout)) for part in pictures.split(256)]).numpy()


def all_pairs(layout):
    """A step of the contrastive loss on all pairs of a batch, similar and dissimilar ones with half of the weight each,
    those beyond the margin without any; and how pictures are embedded."""
    tower, optimizer = base_network(layout)

    def step(pictures, shown, rate):
        e, shown = tower(torch.from_numpy(pictures)[:, None].contiguous(memory_format=layout)), torch.from_numpy(shown)
        squares = e.square().sum(1)
        d2 = (squares[:, None] + squares - 2 * e @ e.T).clamp(min=1e-7)
        missing = (1 - d2.sqrt()).clamp(min=0)
        same = shown[:, None] == shown
        similar = same.float().fill_diagonal_(0)
        close = (~same & (missing > 0)).float()
        loss = ((similar * d2).sum() / similar.sum() + (close * missing.square()).sum() / close.sum().clamp(min=1)) / 2
        optimizer.param_groups[0]["lr"] = rate
        optimizer.zero_grad(set_to_none=True)
        loss.backward()
        optimizer.step()
        return loss.item()

    return step, lambda pictures: embed(tower, layout, torch.from_numpy(pictures)[:, None])


if __name__ == "__main__":
    main()
