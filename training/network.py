"""The network: bands of a spectrogram to tokens, convolutions over time and bands, two looks at the whole, masks.

Splitting a spectrum into bands, narrow where music is dense, follows band-split RNN (Luo & Yu 2023). Dilated
convolutions take the place of its recurrent layers: they are fast on a CPU, in training and when run.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

WINDOW, HOP = 4096, 1024  # samples: 93 ms and 23 ms
POOLS = ((0, 384, 1), (384, 768, 2), (768, 1488, 4))
"""(first bin, last bin, bins pooled into one): full resolution to 4 kHz, coarser above, nothing above 16 kHz."""
GROUPS = ((12, 4), (8, 6), (8, 12), (6, 32), (4, 48), (3, 60))
"""(bands, pooled bins a band), from the lowest: 43 Hz wide up to 2.6 kHz wide."""
BINS = sum(bands * width for bands, width in GROUPS)  # 756 pooled bins
BANDS = sum(bands for bands, _ in GROUPS)
WIDTH = 64  # features a token
STEMS = 4


class Split(nn.Module):
    """(batch, 4, frames, BINS) → (batch, frames, BANDS, WIDTH): each band through its own linear layer."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ParameterList(
            nn.Parameter(torch.randn(n, 4 * w, WIDTH) / (4 * w) ** 0.5) for n, w in GROUPS
        )

    def forward(self, x: Tensor) -> Tensor:
        batch, _, frames, _ = x.shape
        tokens, low = [], 0
        for (n, w), weight in zip(GROUPS, self.weights, strict=True):
            band = x[..., low : low + n * w].reshape(batch, 4, frames, n, w).permute(3, 0, 2, 1, 4)
            tokens.append(torch.matmul(band.reshape(n, batch * frames, 4 * w), weight))
            low += n * w
        return torch.cat(tokens).reshape(BANDS, batch, frames, WIDTH).permute(1, 2, 0, 3).contiguous()


class Join(nn.Module):
    """(batch, frames, BANDS, WIDTH) → (batch, STEMS, 2 channels, frames, BINS), before the softmax."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ParameterList(
            nn.Parameter(torch.randn(n, WIDTH, 8 * w) * 0.5 / WIDTH**0.5) for n, w in GROUPS
        )
        self.biases = nn.ParameterList(nn.Parameter(torch.zeros(n, 1, 8 * w)) for n, w in GROUPS)

    def forward(self, x: Tensor) -> Tensor:
        batch, frames = x.shape[:2]
        x = x.permute(2, 0, 1, 3).reshape(BANDS, batch * frames, WIDTH)
        out, low = [], 0
        for (n, w), weight, bias in zip(GROUPS, self.weights, self.biases, strict=True):
            band = torch.matmul(x[low : low + n], weight) + bias
            out.append(band.reshape(n, batch, frames, STEMS * 2, w).permute(1, 3, 2, 0, 4).flatten(3))
            low += n
        return torch.cat(out, -1).reshape(batch, STEMS, 2, frames, BINS)


def _nothing(layer: nn.Linear) -> nn.Linear:
    """Begins as 0, so that a residual block passes on what it got until it has learnt something."""
    nn.init.zeros_(layer.weight)
    nn.init.zeros_(layer.bias)
    return layer


class Local(nn.Module):
    """A residual convolution over neighbouring bands and over frames `dilation` apart."""

    def __init__(self, dilation: int) -> None:
        super().__init__()
        self.wide = nn.Conv2d(WIDTH, WIDTH, 3, padding=(dilation, 1), dilation=(dilation, 1), bias=False)
        self.norm = nn.BatchNorm2d(WIDTH)
        self.point = _nothing(nn.Linear(WIDTH, WIDTH))

    def forward(self, x: Tensor) -> Tensor:
        wide = nn.functional.gelu(
            self.norm(self.wide(x.permute(0, 3, 1, 2)))
        )  # channels last in memory, as x is
        return x + self.point(wide.permute(0, 2, 3, 1))


class Global(nn.Module):
    """What all bands say at once, carried over seconds: who plays at all, and where the beat is."""

    def __init__(self, dilations: tuple[int, ...], narrow: int = 24, hidden: int = 192) -> None:
        super().__init__()
        self.into, self.out = nn.Linear(WIDTH, narrow), _nothing(nn.Linear(narrow, WIDTH))
        self.gather, self.spread = nn.Linear(narrow * BANDS, hidden), nn.Linear(hidden, narrow * BANDS)
        self.steps = nn.ModuleList(
            nn.Conv1d(hidden, hidden, 3, padding=d, dilation=d, bias=False) for d in dilations
        )
        self.norms = nn.ModuleList(nn.BatchNorm1d(hidden) for _ in dilations)

    def forward(self, x: Tensor) -> Tensor:
        batch, frames = x.shape[:2]
        narrow = self.into(x).reshape(batch, frames, -1)
        whole = self.gather(narrow).transpose(1, 2)
        for step, norm in zip(self.steps, self.norms, strict=True):
            whole = whole + nn.functional.gelu(norm(step(whole)))
        narrow = self.spread(whole.transpose(1, 2)).reshape(batch, frames, BANDS, -1)
        return x + self.out(nn.functional.gelu(narrow))


class Separator(nn.Module):
    """Power (batch, 4, frames, BINS) of left, right, middle, side → masks (batch, STEMS, 2, frames, BINS)."""

    def __init__(self) -> None:
        super().__init__()
        self.split, self.norm = Split(), nn.BatchNorm2d(WIDTH)
        self.body = nn.Sequential(
            Local(1),
            Local(2),
            Global((1, 4, 16)),
            Local(4),
            Local(1),
            Local(2),
            Global((2, 8, 32)),
            Local(4),
            Local(1),
            Global((1, 4, 16)),
            Local(4),
        )
        self.last, self.join = nn.BatchNorm2d(WIDTH), Join()

    def forward(self, powers: Tensor) -> Tensor:
        return self.masks(powers / (powers[:, :2].mean((1, 2, 3), keepdim=True) + 1e-9))

    def masks(self, powers: Tensor) -> Tensor:
        """What is exported: the power in left and right has a mean of 1 already."""
        # A power of 0.15: as exp and log, because OpenVINO runs these in a third of the time.
        tokens = self.split(((powers + 1e-7).log() * 0.15).exp())
        x = self.body(_each(self.norm, tokens))
        x = nn.functional.gelu(_each(self.last, x))
        return torch.softmax(self.join(x).float(), 1)


def _each(norm: nn.BatchNorm2d, x: Tensor) -> Tensor:
    return norm(x.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)


def spectra(audio: Tensor) -> Tensor:
    """(…, samples) → complex (…, frames, WINDOW / 2 + 1), without padding."""
    window = torch.hann_window(WINDOW)
    flat = torch.stft(
        audio.reshape(-1, audio.shape[-1]), WINDOW, HOP, window=window, center=False, return_complex=True
    )
    return flat.transpose(1, 2).reshape(*audio.shape[:-1], flat.shape[-1], flat.shape[-2])


def pool(power: Tensor) -> Tensor:
    """Sum each pooled bin: (…, bins) → (…, BINS)."""
    return torch.cat(
        [power[..., a:b].unflatten(-1, (-1, n)).sum(-1) if n > 1 else power[..., a:b] for a, b, n in POOLS],
        -1,
    )


def spread(masks: Tensor, bins: int) -> Tensor:
    """Pooled masks for each bin: (…, BINS) → (…, bins); above the last the mask stays what it was."""
    parts, low = [], 0
    for a, b, n in POOLS:
        part = masks[..., low : low + (b - a) // n]
        parts.append(part.repeat_interleave(n, -1))
        low += part.shape[-1]
    parts.append(masks[..., -1:].expand(*masks.shape[:-1], bins - POOLS[-1][1]))
    return torch.cat(parts, -1)


def powers(mix: Tensor) -> Tensor:
    """Complex (batch, 2, frames, bins) → what the network takes: pooled power of left, right, middle, side."""
    left, right = mix[:, 0], mix[:, 1]
    # As in ml.separation.embedded: by powers alone a weak side would be rounding errors.
    heard = (left, right, (left + right) / 2, (left - right) / 2)
    return torch.stack([pool(one.real**2 + one.imag**2) for one in heard], 1)
