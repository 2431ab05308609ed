"""The same training in PyTorch: the same tower and pairs, 128 pairs a batch, Adam, float32, both pictures of a pair embedded.

Both sides of the pairs go through the tower in one call and the pictures are laid out channels last, which is the fastest
of the ways that were tried; batches are taken from arrays in memory, without a DataLoader.
"""
import torch
from torch import nn

from peer import BATCH, Clock, images, memory, order, pairs, per_second, quality, tell


def main() -> None:
    wanted = order()
    torch.set_num_threads(wanted["threads"])
    torch.manual_seed(wanted["seed"])
    tower = nn.Sequential(nn.Conv2d(1, 32, 3), nn.ReLU(), nn.MaxPool2d(2), nn.Conv2d(32, 64, 3), nn.ReLU(), nn.MaxPool2d(2),
                          nn.Flatten(), nn.Linear(1600, 128), nn.ReLU())
    for layer in tower:
        if hasattr(layer, "weight"):
            nn.init.xavier_uniform_(layer.weight)
            nn.init.zeros_(layer.bias)
    layout = torch.channels_last if wanted.get("channelsLast", True) else torch.contiguous_format
    tower = tower.to(memory_format=layout)
    optimizer = torch.optim.Adam(tower.parameters(), lr=1e-3, eps=1e-7)
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

    def embed(pictures):
        with torch.no_grad():
            return torch.cat([tower(part.contiguous(memory_format=layout)) for part in pictures.split(256)]).numpy()

    if wanted["task"] == "rate":
        clock = Clock(wanted["discard"])
        order_ = torch.randperm(len(chosen))[:BATCH * wanted["batches"]]
        for batch in chosen[order_].split(BATCH):
            learn(batch)
            clock.batch()
        trained = memory()
        some = train[:10_000]
        tell(pairsPerSecond=clock.pairs_per_second(), memory=trained, imagesPerSecond=per_second(lambda: embed(some), len(some)))
        return

    def epoch():
        for batch in chosen[torch.randperm(len(chosen))].split(BATCH):
            learn(batch)

    quality(wanted, epoch, lambda pictures: embed(torch.from_numpy(pictures)[:, None]))


if __name__ == "__main__":
    main()
