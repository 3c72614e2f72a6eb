"""Training: steps of Muon on remixes, a running average of the weights, a checkpoint every few minutes."""

from __future__ import annotations

import copy
import ctypes
import math
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor
from torch.utils.data import DataLoader

from ml.separation.embedded import STEMS
from training.batches import Remixes, held_out
from training.network import HOP, POOLS, WINDOW, Separator, powers, spectra, spread

BATCH, PEAK_RATE, WARM_UP, AVERAGE = 4, 2e-3, 100, 0.998
TOP = POOLS[-1][1]
BF16 = torch.backends.cpu.get_cpu_capability() == "AVX512"
"""Elsewhere torch imitates bf16: a step took ten times as long as in f32 on an AMD EPYC with AVX2."""
FLOOR = 1.0
"""How errors in quiet stems weigh, see `loss_of`.

Below 1 from the start, the network learns that no stem is better than a doubtful one: vocals, absent in a third of the
songs, then never appear. In the last steps only, it gained nothing.
"""


class _Loss(torch.autograd.Function):
    """The loss and its gradient in one go, without keeping what autograd would: half the time of a step otherwise."""

    @staticmethod
    def forward(ctx: Any, masks: Tensor, whole: Tensor, shared: Tensor, own: Tensor, floor: float) -> Tensor:
        # |m x - s|² = m² |x|² - 2 m Re(x* s) + |s|²
        power = whole[:, None]
        slope = masks * power - shared
        square = (slope - shared).mul_(masks).add_(own).clamp_min_(0)
        modulus = (square + 1e-10).sqrt_()
        n = masks[0, 0].numel()
        root = square.mean((2, 3, 4)).add_(1e-12).sqrt_()
        weights = [
            1 / ((1 - floor) * level + floor * mix + 1e-6)
            for level, mix in (
                ((own + 1e-10).sqrt().mean((2, 3, 4)), (power + 1e-10).sqrt().mean((2, 3, 4))),
                (own.mean((2, 3, 4)).sqrt(), power.mean((2, 3, 4)).sqrt()),
            )
        ]
        loss = (modulus.mean((2, 3, 4)) * weights[0]).mean() + (root * weights[1]).mean()
        scale = [w[..., None, None, None] / (n * masks.shape[0] * masks.shape[1]) for w in weights]
        ctx.save_for_backward(slope.mul_(scale[0] / modulus + scale[1] / root[..., None, None, None]))
        return loss

    @staticmethod
    def backward(ctx: Any, upstream: Tensor) -> tuple[Tensor, None, None, None, None]:
        return ctx.saved_tensors[0] * upstream, None, None, None, None


def loss_of(masks: Tensor, stems: Tensor, floor: float) -> Tensor:
    """Error of the estimates: mean modulus (every bin counts) and root mean square (as SDR counts).

    Relative to the mix's level at `floor` 1, the more to the stem's own the lower: a silent stem's errors then weigh
    1 / floor. `stems` complex (batch, 4, 2, frames, BINS).
    """
    with torch.no_grad():
        mix = stems.sum(1)
        whole = mix.real**2 + mix.imag**2
        shared = (stems.real * mix.real[:, None]).addcmul_(stems.imag, mix.imag[:, None])
        own = (stems.real**2).addcmul_(stems.imag, stems.imag)
    return _Loss.apply(masks, whole, shared, own, floor)


def _half(net: Separator, audio: tuple[Tensor, Tensor], floor: float) -> float:
    mix, stems = _spectra_of(*audio)
    for one in net.parameters():
        if one.grad is not None:
            one.grad.zero_()  # in place: the optimisers look at this very memory
    with torch.autocast("cpu", torch.bfloat16, enabled=BF16):
        masks = net(powers(mix))
    loss = loss_of(masks, stems, floor)
    loss.backward()
    return float(loss.detach())


@torch.no_grad()
def _spectra_of(audio: Tensor, curves: Tensor) -> tuple[Tensor, Tensor]:
    """(mix up to 16 kHz, stems in one random bin of every pool), complex."""
    stems = spectra(audio)[..., :TOP].mul_(curves[:, :, None, None, :TOP])
    chosen = [torch.arange(a, b, n) + int(torch.randint(n, ())) for a, b, n in POOLS]
    return stems.sum(1), stems[..., torch.cat(chosen)]


def batches(folder: Path, seed: int, workers: int) -> Iterator[tuple[Tensor, Tensor]]:
    loader = DataLoader(
        Remixes(folder, seed), BATCH // 2, num_workers=workers, prefetch_factor=4 if workers else None
    )
    yield from loader


def train(
    folder: Path, checkpoint: Path, steps: int, seed: int, *, workers: int = 1, check_every: int = 500
) -> None:
    """Train to `steps`, from the checkpoint where there is one."""
    torch.manual_seed(seed)
    net = Separator().to(memory_format=torch.channels_last)
    average, done = copy.deepcopy(net), 0
    for one in net.parameters():
        one.grad = torch.zeros_like(one)
    optimisers = optimisers_of(net)
    if checkpoint.exists():
        saved = torch.load(checkpoint, weights_only=True)
        net.load_state_dict(saved["net"])
        average.load_state_dict(saved["average"])
        for optimiser, state in zip(optimisers, saved["optimisers"], strict=True):
            optimiser.load_state_dict(state)
        done = saved["step"]
    # Two halves of a batch on a thread each: on a shared machine this beats two threads inside each operation.
    torch.set_num_threads(1)
    nets = [net, copy.deepcopy(net)]
    for mine, shared in zip(nets[1].parameters(), net.parameters(), strict=True):
        mine.data = shared.data
    began, losses = time.monotonic(), []
    data = batches(folder, seed + done, workers)
    pool_of_threads = ThreadPoolExecutor(len(nets))
    while done < steps:
        rate = (
            PEAK_RATE
            * min(1, (done + 1) / WARM_UP)
            * (0.02 + 0.98 * (0.5 + 0.5 * math.cos(math.pi * done / steps)))
        )
        for optimiser in optimisers:
            optimiser.param_groups[0]["lr"] = rate
        halves = [next(data), next(data)]
        loss = float(np.mean(list(pool_of_threads.map(_half, nets, halves, [FLOOR, FLOOR]))))
        for mine, other in zip(net.parameters(), nets[1].parameters(), strict=True):
            assert mine.grad is not None and other.grad is not None
            mine.grad.add_(other.grad).mul_(0.5)
        torch.nn.utils.clip_grad_norm_(net.parameters(), 1.0)
        list(pool_of_threads.map(lambda optimiser: optimiser.step(), optimisers))
        done += 1
        _average(average, net, min(AVERAGE, done / (done + 10)))
        losses.append(loss)
        if done % 25 == 0:
            print(
                f"step {done}/{steps} {time.monotonic() - began:.0f} s loss {np.mean(losses[-25:]):.4f}",
                flush=True,
            )
        if done % check_every == 0 or done == steps:
            state = {"net": net.state_dict(), "average": average.state_dict(), "step": done}
            states = [optimiser.state_dict() for optimiser in optimisers]
            torch.save(state | {"optimisers": states}, checkpoint.with_suffix(".new"))
            checkpoint.with_suffix(".new").replace(checkpoint)
            print(f"step {done}: {summary(average, folder)}", flush=True)


def optimisers_of(net: Separator) -> list[torch.optim.Optimizer]:
    """Muon for the matrices, in two halves (a thread each), AdamW for the rest.

    Muon (Jordan et al. 2024) makes each step's matrix orthogonal, here scaled to the size that AdamW's would have (Liu
    et al. 2025). torch's takes matrices only: it gets views of the weights and of their gradients, which must be there.
    """
    found: list[Tensor] = []
    others = []
    for one in net.parameters():
        if one.ndim < 2 or 1 in one.shape:
            others.append(one)
            continue
        for data, slope in zip(_matrices(one.data), _matrices(one.grad), strict=True):
            found.append(torch.nn.Parameter(data))
            found[-1].grad = slope
    found.sort(key=Tensor.numel)
    halves = (found[::2], found[1::2])
    return [
        *(torch.optim.Muon(half, weight_decay=0.01, adjust_lr_fn="match_rms_adamw") for half in halves),
        torch.optim.AdamW(others, weight_decay=0.01),
    ]


def _matrices(weights: Tensor) -> list[Tensor]:
    """Views: a convolution's as (out, rest), one for each of the bands that have a matrix of their own."""
    if weights.ndim == 4:
        return [weights.permute(0, 2, 3, 1).view(len(weights), -1)]  # channels last in memory
    if weights.shape[-1] == 3:
        return [weights.view(len(weights), -1)]
    return list(weights) if weights.ndim == 3 else [weights]


def keep_memory() -> None:
    """Large blocks are freed and asked for again at every step: without this, glibc has the kernel clear each again."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        for option, value in ((-8, 1), (-4, 0), (-1, 2**31 - 1)):  # M_ARENA_MAX, M_MMAP_MAX, M_TRIM_THRESHOLD
            mallopt(option, value)


@torch.no_grad()
def _average(average: torch.nn.Module, net: torch.nn.Module, keep: float) -> None:
    for mean, new in zip(average.state_dict().values(), net.state_dict().values(), strict=True):
        if mean.dtype.is_floating_point:
            mean.lerp_(new, 1 - keep)


@torch.no_grad()
def separate(net: Separator, mix: Tensor) -> Tensor:
    """(2, frames) → (4, 2, frames), in one piece."""
    frames = mix.shape[-1]
    tail = -(frames - WINDOW) % HOP + WINDOW
    padded = torch.nn.functional.pad(mix, (WINDOW, tail))
    spectrum = spectra(padded)
    masks = net(powers(spectrum[None]))[0]
    made = spread(masks, spectrum.shape[-1]) * spectrum
    window = torch.hann_window(WINDOW)
    pieces = torch.fft.irfft(made, WINDOW) * window
    out = torch.zeros(4, 2, padded.shape[-1])
    for i in range(pieces.shape[2]):
        out[..., i * HOP : i * HOP + WINDOW] += pieces[:, :, i]
    return out[..., WINDOW : WINDOW + frames] / 1.5  # the sum of squared Hann windows at a quarter hop


def sdr(truth: Tensor, estimate: Tensor) -> float:
    return float(10 * torch.log10((truth**2).sum() / ((truth - estimate) ** 2).sum().clamp_min(1e-12)))


def scores(net: Separator, folder: Path) -> dict[str, list[float]]:
    """On the held-out songs: SDR in dB of each stem, and without voices how far vocals lie below the mix."""
    net.eval()
    found: dict[str, list[float]] = {name: [] for name in (*STEMS, "no voice: other", "no voice: leak")}
    for voice in (True, False):
        for stems in held_out(folder, voice=voice):
            truth = torch.from_numpy(stems)
            mix = truth.sum(0)
            made = separate(net, mix)
            if voice:
                for i, stem in enumerate(STEMS):
                    if truth[i].any():
                        found[stem].append(sdr(truth[i], made[i]))
            else:
                found["no voice: other"].append(sdr(truth[2], made[2]))
                found["no voice: leak"].append(float(10 * torch.log10((made[3] ** 2).sum() / (mix**2).sum())))
    return found


def summary(net: Separator, folder: Path) -> str:
    return ", ".join(
        f"{name} {np.median(values):.2f}" for name, values in scores(net, folder).items() if values
    )
