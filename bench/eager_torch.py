"""The cases of `bench/eager.py` for PyTorch, eagerly, under the same names."""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from typing import Any

import torch
import torch.nn.functional as F
from torch import nn

from bench import torch_models
from bench.eager import LOOPS, Step, best, cycle
from bench.models import WORKLOADS


def loop(name: str, look: bool) -> Step:
    """A step of a loop over the batches of a workload."""
    work = WORKLOADS[name]
    model = torch_models.MODELS[name]()
    optimizer = torch_models.optimizer(name, model, fused=True)
    (x,), (y,) = ([torch.from_numpy(v) for v in part] for part in work.data())
    if x.dim() == 4:
        x = x.permute(0, 3, 1, 2).contiguous()
    starts = cycle(range(0, work.samples - work.batch + 1, work.batch))
    model.train()

    def step() -> Any:
        i = next(starts)
        optimizer.zero_grad()
        loss = torch_models.loss(name, model(x[i : i + work.batch]), [y[i : i + work.batch]])
        loss.backward()
        optimizer.step()
        return loss.item() if look else loss

    return step


def small() -> dict[str, Step]:
    """Single operations and a small model's step, each looked at."""
    a, b, layer = torch.randn(8, 8), torch.randn(8, 8), nn.Linear(8, 8)
    net = nn.Sequential(nn.Linear(8, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.SGD(net.parameters(), lr=0.01, fused=True)
    x, y = torch.randn(16, 8), torch.zeros(16, 1)

    def train() -> float:
        optimizer.zero_grad()
        loss = F.mse_loss(net(x), y)
        loss.backward()
        optimizer.step()
        return loss.item()

    def test() -> float:
        with torch.no_grad():
            return F.mse_loss(net(x), y).item()

    return {
        "add": lambda: torch.add(a, b).numpy(),
        "matmul": lambda: torch.matmul(a, b).numpy(),
        "dense": lambda: layer(a).detach().numpy(),
        "train_on_batch": train,
        "test_on_batch": test,
    }


def generator(latent: int) -> nn.Module:
    """Noise to images."""
    return nn.Sequential(nn.Linear(latent, 256), nn.LeakyReLU(0.2), nn.Linear(256, 784), nn.Tanh(),
                         nn.Unflatten(1, (1, 28, 28)))  # fmt: skip


def adams(*networks: nn.Module) -> Iterator[torch.optim.Optimizer]:
    """An optimizer for each."""
    return (torch.optim.Adam(n.parameters(), lr=2e-4, betas=(0.5, 0.999), fused=True) for n in networks)


def gan() -> Step:
    """Two steps of the discriminator, one of the generator; each loss is looked at."""
    rows, latent = 32, 64
    discriminator = nn.Sequential(nn.Flatten(), nn.Linear(784, 256), nn.LeakyReLU(0.2), nn.Linear(256, 1))
    maker = generator(latent)
    first, second = adams(discriminator, maker)
    images, z = torch.randn(rows, 1, 28, 28), torch.ones(rows, latent)
    ones, zeros = torch.ones(rows, 1), torch.zeros(rows, 1)

    def step() -> float:
        with torch.no_grad():
            fake = maker(z)
        for x, y in ((images, ones), (fake, zeros)):
            first.zero_grad()
            loss = F.binary_cross_entropy_with_logits(discriminator(x), y)
            loss.backward()
            first.step()
            loss.item()
        second.zero_grad()
        discriminator.requires_grad_(False)
        loss = F.binary_cross_entropy_with_logits(discriminator(maker(z)), ones)
        loss.backward()
        discriminator.requires_grad_(True)
        second.step()
        return loss.item()

    return step


def wgan_gp() -> Step:
    """A step of the critic, whose loss holds a gradient, and one of the generator."""
    rows, latent = 32, 64
    critic = nn.Sequential(nn.Conv2d(1, 16, 5, 2, 2), nn.LeakyReLU(0.2), nn.Conv2d(16, 32, 5, 2, 2), nn.LeakyReLU(0.2),
                           nn.Flatten(), nn.Linear(1568, 1))  # fmt: skip
    maker = generator(latent)
    theirs, ours = adams(critic, maker)
    real, alpha, z = torch.randn(rows, 1, 28, 28), torch.rand(rows, 1, 1, 1), torch.randn(rows, latent)

    def step() -> Any:
        theirs.zero_grad()
        with torch.no_grad():
            fake = maker(z)
        mixed = (real + alpha * (fake - real)).requires_grad_()
        (slope,) = torch.autograd.grad(critic(mixed).sum(), mixed, create_graph=True)
        norm = torch.sqrt(slope.square().sum((1, 2, 3)) + 1e-12)
        loss = critic(fake).mean() - critic(real).mean() + 10.0 * (norm - 1.0).square().mean()
        loss.backward()
        theirs.step()
        ours.zero_grad()
        critic.requires_grad_(False)
        (-critic(maker(z)).mean()).backward()
        critic.requires_grad_(True)
        ours.step()
        return loss

    return step


def curvature() -> dict[str, Step]:
    """The gradient of the MNIST MLP's loss, and the product of its Hessian with a vector."""
    work = WORKLOADS["mnist_mlp"]
    net = torch_models.MODELS["mnist_mlp"]().eval()
    (x,), (y,) = ([torch.from_numpy(v[: work.batch]) for v in part] for part in work.data())
    parameters = list(net.parameters())
    along = [torch.ones_like(p) for p in parameters]

    def gradient() -> Any:
        return torch.autograd.grad(F.cross_entropy(net(x), y), parameters)[0]

    def product() -> Any:
        gradients = torch.autograd.grad(F.cross_entropy(net(x), y), parameters, create_graph=True)
        return torch.autograd.grad(gradients, parameters, along)[0]

    return {"gradient": gradient, "product": product}


def run(a: argparse.Namespace) -> dict[str, float]:
    """Microseconds of the cases."""
    torch.set_num_threads(1)
    out = {}
    look = lambda value: value.detach() if isinstance(value, torch.Tensor) else value
    for name in [n for n in LOOPS if n in a.cases]:
        out[f"{name} loop"] = best(loop(name, False), look, a.seconds)
        out[f"{name} loop, looked at"] = best(loop(name, True), look, a.seconds)
    steps = {"small": small, "gan": lambda: {"gan": gan()}, "wgan_gp": lambda: {"wgan_gp": wgan_gp()},
             "curvature": curvature}  # fmt: skip
    for name, step in [pair for n, made in steps.items() if n in a.cases for pair in made().items()]:
        out[name] = best(step, look, a.seconds)
    return out
