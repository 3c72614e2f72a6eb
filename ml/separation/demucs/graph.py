"""The hybrid transformer Demucs between its two transforms, written for a CPU: the graph that is exported once.

Same numbers as `demucs.htdemucs.HTDemucs.forward`, other order of work. Channels come last everywhere; a bag's member
computes only the stems it is used for; layer scales are folded into the weights before them; gated units are two
products instead of one that is cut in halves; the mean and deviation after a DConv's wide product are those of its
narrow input (`_Residual`); a strided transposed convolution is a plain one whose channels are samples. The Fourier
transforms stay outside (`ml.separation.demucs.spectrogram`). Shapes: F frequencies or 1, T frames or samples, C
channels; `(1, F, T, C)` in both branches.
"""

from __future__ import annotations

from typing import Any

import torch
from demucs.htdemucs import HTDemucs
from demucs.transformer import create_2d_sin_embedding, create_sin_embedding
from torch import Tensor, nn
from torch.nn import functional

EPSILON = 1e-5


def unsupported(network: Any) -> str:
    """What of `network` this graph cannot express, in words; empty where it can be exported."""
    if not isinstance(network, HTDemucs) or network.crosstransformer is None:
        return "not a hybrid transformer"
    layers = [*network.encoder, *network.decoder, *network.tencoder, *network.tdecoder]
    transformer = network.crosstransformer
    blocks = [*transformer.layers, *transformer.layers_t]
    wanted = {
        "complex as channels": network.cac and network.use_train_segment,
        "one scale of frequencies": all(hasattr(layer, "freq") for layer in layers),
        "layers without norms": not any(getattr(layer, "norm", True) for layer in layers),
        "kernel twice the stride": all(
            getattr(layer, "kernel_size", 0) == 2 * getattr(layer, "stride", 1) for layer in layers
        ),
        "both branches in every layer": len(network.tencoder) == len(network.encoder)
        and not any(getattr(layer, "empty", True) for layer in layers),
        "rewrites": all(getattr(layer, "rewrite", None) is not None for layer in layers),
        "plain residual branches": all(
            len(branch) == 7
            for layer in layers
            if getattr(layer, "dconv", None)
            for branch in layer.dconv.layers
        ),
        "sine positions": transformer.emb == "sin" and not transformer.sin_random_shift,
        "norms first": all(block.norm_first for block in blocks),
        "dense attention": not any(block.sparse for block in blocks),
        "layer norms": all(isinstance(block.norm1, nn.LayerNorm) for block in blocks),
        "GELU": all(block.activation is functional.gelu for block in blocks),
    }
    return ", ".join(f"without {name}" for name, there in wanted.items() if not there)


class Core(nn.Module):
    """The network from normalised spectrogram and samples to those of the stems `keep` (indices of its sources).

    `forward(spectrum, samples)`: `(1, F, frames, 4)` (left real, left imaginary, right real, right imaginary) and
    `(1, 1, n, 2)`, to `(1, F, frames, 4 × stems)` and `(1, 1, n, 2 × stems)`.
    """

    def __init__(self, network: HTDemucs, keep: tuple[int, ...]) -> None:
        super().__init__()
        stems = len(network.sources)
        self.encoder = nn.ModuleList(_Encoder(layer) for layer in network.encoder)
        self.time_encoder = nn.ModuleList(_Encoder(layer) for layer in network.tencoder)
        self.decoder = nn.ModuleList(_Decoder(layer, keep, stems) for layer in network.decoder)
        self.time_decoder = nn.ModuleList(_Decoder(layer, keep, stems) for layer in network.tdecoder)
        self.embedding = None
        if network.freq_emb is not None:
            rows = network.nfft // 2 // network.encoder[0].stride
            table = network.freq_emb(torch.arange(rows)) * network.freq_emb_scale
            self.embedding = _fixed(table[None, :, None, :])
        frames = -(-int(network.segment * network.samplerate) // network.hop_length)
        self.bottom = _Bottom(network, frames)

    def forward(self, spectrum: Tensor, samples: Tensor) -> tuple[Tensor, Tensor]:
        skips, time_skips, lengths = [], [], []
        x, xt = spectrum, samples
        for index, (encode, time_encode) in enumerate(zip(self.encoder, self.time_encoder, strict=True)):
            lengths.append(int(xt.shape[2]))
            xt = time_encode(xt)
            x = encode(x)
            if index == 0 and self.embedding is not None:
                x = x + self.embedding
            skips.append(x)
            time_skips.append(xt)
        x, xt = self.bottom(x, xt)
        for decode, time_decode in zip(self.decoder, self.time_decoder, strict=True):
            x = decode(x, skips.pop(), 0)
            xt = time_decode(xt, time_skips.pop(), lengths.pop())
        return x, xt


class _Residual(nn.Module):
    """One layer of a DConv: x + scale × GLU(norm(wide(GELU(norm(narrow(x)))))), x `(rows, T, C)`.

    The norm over the wide product z = hW + b needs Σz and Σz² of each row. Both follow from the narrow h, with
    ΣhᵀHh-like products of its few channels, so z is never read for them:
    Σz = Σh·(W1) + T·Σb and Σz² = ⟨hᵀh, WWᵀ⟩ + 2·Σh·(Wb) + T·Σb².
    """

    def __init__(self, branch: Any) -> None:
        super().__init__()
        narrow, norm1, _, wide, norm2, _, scale = branch
        channels = scale.scale.shape[0]
        self.dilation = narrow.dilation[0]
        self.padding = narrow.padding[0]
        self.narrow = _fixed(narrow.weight[:, :, None, :])
        self.narrow_bias = _fixed(narrow.bias)
        self.norm1 = _fixed(norm1.weight), _fixed(norm1.bias)
        weight, bias = wide.weight[:, :, 0].double(), wide.bias.double()  # (2C, H), (2C,)
        self.halves = [
            (_fixed(w), _fixed(b)) for w, b in zip(weight.split(channels), bias.split(channels), strict=True)
        ]
        self.square = _fixed(weight.t() @ weight)
        self.cross = _fixed(weight.t() @ bias)
        self.column = _fixed(weight.sum(0))
        self.bias_sum, self.bias_square = float(bias.sum()), float(bias.square().sum())
        gain = torch.cat([scale.scale.detach(), torch.ones(channels)])
        self.gains = [_fixed(part) for part in (norm2.weight * gain).split(channels)]
        self.shifts = [_fixed(part) for part in (norm2.bias * gain).split(channels)]

    def forward(self, x: Tensor) -> Tensor:
        rows, frames, channels = (int(size) for size in x.shape)
        image = x.permute(0, 2, 1).unsqueeze(2)
        h = functional.conv2d(
            image, self.narrow, self.narrow_bias, padding=(0, self.padding), dilation=(1, self.dilation)
        )
        h = h.squeeze(2).permute(0, 2, 1)  # (rows, T, H)
        hidden = int(h.shape[2])
        flat = h.reshape(rows, frames * hidden)
        h = functional.layer_norm(flat, (frames * hidden,), eps=EPSILON).view(rows, frames, hidden)
        h = functional.gelu(h * self.norm1[0] + self.norm1[1])
        mean, scale = self._statistics(h, frames, channels)
        (a, b), (c, d) = self.halves
        value = functional.linear(h, a)
        gate = functional.linear(h, c)
        value = value * (scale * self.gains[0]) + ((b - mean) * scale * self.gains[0] + self.shifts[0])
        gate = gate * (scale * self.gains[1]) + ((d - mean) * scale * self.gains[1] + self.shifts[1])
        return x + value * torch.sigmoid(gate)

    def _statistics(self, h: Tensor, frames: int, channels: int) -> tuple[Tensor, Tensor]:
        """Mean and 1 / deviation of hW + b for each row, `(rows, 1, 1)` both."""
        count = frames * 2 * channels
        total = h.sum(1)
        gram = torch.bmm(h.transpose(1, 2), h)
        first = (total * self.column).sum(1) + frames * self.bias_sum
        second = (
            (gram * self.square).sum((1, 2)) + 2 * (total * self.cross).sum(1) + frames * self.bias_square
        )
        mean = first / count
        scale = torch.rsqrt(second / count - mean * mean + EPSILON)
        return mean[:, None, None], scale[:, None, None]


class _Gate(nn.Module):
    """A convolution and its gated linear unit, `(1, F, T, C)` → `(1, F, T, C')`, as two convolutions."""

    def __init__(self, layer: Any, along_frequency: bool) -> None:
        super().__init__()
        weight = layer.weight if along_frequency else layer.weight[:, :, None, :]
        half = weight.shape[0] // 2
        self.padding = tuple(size // 2 for size in weight.shape[2:])
        self.linear = self.padding == (0, 0)
        if self.linear:
            weight = weight[:, :, 0, 0]
        self.value = _fixed(weight[:half]), _fixed(layer.bias[:half])
        self.gate = _fixed(weight[half:]), _fixed(layer.bias[half:])

    def forward(self, x: Tensor) -> Tensor:
        if self.linear:
            return functional.linear(x, *self.value) * torch.sigmoid(functional.linear(x, *self.gate))
        image = x.permute(0, 3, 1, 2)
        value = functional.conv2d(image, *self.value, padding=self.padding)
        gate = functional.conv2d(image, *self.gate, padding=self.padding)
        return (value * torch.sigmoid(gate)).permute(0, 2, 3, 1)


class _Encoder(nn.Module):
    """HEncLayer: a quarter of the frequencies (of the samples in the time branch), more channels."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.freq, self.stride, self.pad = bool(layer.freq), layer.stride, layer.pad
        weight = layer.conv.weight
        self.weight = _fixed(weight if self.freq else weight[:, :, None, :])
        self.bias = _fixed(layer.conv.bias)
        self.residuals = nn.ModuleList(
            _Residual(branch) for branch in (layer.dconv.layers if layer.dconv else [])
        )
        self.rewrite = _Gate(layer.rewrite, self.freq)

    def forward(self, x: Tensor) -> Tensor:
        if not self.freq and int(x.shape[2]) % self.stride:
            x = functional.pad(x, (0, 0, 0, self.stride - int(x.shape[2]) % self.stride))
        stride, padding = (
            ((self.stride, 1), (self.pad, 0)) if self.freq else ((1, self.stride), (0, self.pad))
        )
        y = functional.conv2d(x.permute(0, 3, 1, 2), self.weight, self.bias, stride=stride, padding=padding)
        y = functional.gelu(y).permute(0, 2, 3, 1)
        return self.rewrite(_rows(self.residuals, y))


class _Decoder(nn.Module):
    """HDecLayer: four times the frequencies (samples), fewer channels; the last one gives the stems `keep` only.

    With a kernel of twice its stride s, output 4i + j is x[i]·W[j] + x[i-1]·W[j+s]: a convolution of kernel 2 whose
    s × C' channels are s neighbouring outputs.
    """

    def __init__(self, layer: Any, keep: tuple[int, ...], stems: int) -> None:
        super().__init__()
        self.freq, self.last, self.stride, self.pad = bool(layer.freq), layer.last, layer.stride, layer.pad
        self.rewrite = _Gate(layer.rewrite, self.freq)
        self.residuals = nn.ModuleList(
            _Residual(branch) for branch in (layer.dconv.layers if layer.dconv else [])
        )
        inputs = layer.conv_tr.weight.shape[0]
        weight = layer.conv_tr.weight.detach().reshape(inputs, -1, 2, self.stride)  # (C, C', which, j)
        bias = layer.conv_tr.bias.detach()
        if self.last:
            weight = torch.cat([weight.chunk(stems, 1)[stem] for stem in keep], 1)
            bias = torch.cat([bias.chunk(stems)[stem] for stem in keep])
        self.outputs = weight.shape[1]
        # The kernel's first place sees x[i-1] (which = 1), its second x[i].
        kernel = weight.permute(3, 1, 0, 2).reshape(self.stride * self.outputs, inputs, 2).flip(-1)
        self.weight = _fixed(kernel[:, :, :, None] if self.freq else kernel[:, :, None, :])
        self.bias = _fixed(bias.repeat(self.stride))

    def forward(self, x: Tensor, skip: Tensor, length: int) -> Tensor:
        y = _rows(self.residuals, self.rewrite(x + skip))
        padding = (1, 0) if self.freq else (0, 1)
        z = functional.conv2d(y.permute(0, 3, 1, 2), self.weight, self.bias, padding=padding)
        if not self.last:
            z = functional.gelu(z)
        z = z.permute(0, 2, 3, 1)
        rows, frames = int(z.shape[1]), int(z.shape[2])
        if not self.freq:
            return z.reshape(1, 1, frames * self.stride, self.outputs)[:, :, self.pad : self.pad + length]
        z = z.view(1, rows, frames, self.stride, self.outputs).permute(0, 1, 3, 2, 4)
        return z.reshape(1, rows * self.stride, frames, self.outputs)[:, self.pad : -self.pad]


class _Bottom(nn.Module):
    """The cross-domain transformer with the changes of width around it."""

    def __init__(self, network: HTDemucs, frames: int) -> None:
        super().__init__()
        transformer = network.crosstransformer
        self.widen = [_pointwise(network, "channel_upsampler"), _pointwise(network, "channel_upsampler_t")]
        self.narrow = [
            _pointwise(network, "channel_downsampler"),
            _pointwise(network, "channel_downsampler_t"),
        ]
        self.norms = [_norm(transformer.norm_in), _norm(transformer.norm_in_t)]
        width = transformer.layers[0].linear1.in_features
        rows = network.nfft // 2
        for layer in network.encoder:
            rows //= layer.stride
        samples = int(network.segment * network.samplerate)
        for layer in network.tencoder:
            samples = -(-samples // layer.stride)
        grid = create_2d_sin_embedding(width, rows, frames, "cpu", transformer.max_period)
        line = create_sin_embedding(samples, width, 0, "cpu", transformer.max_period)
        weight = transformer.weight_pos_embed
        self.positions = [
            _fixed(weight * grid.permute(0, 3, 2, 1).reshape(1, frames * rows, width)),
            _fixed(weight * line.permute(1, 0, 2)),
        ]
        self.blocks = nn.ModuleList(_Block(layer) for layer in transformer.layers)
        self.time_blocks = nn.ModuleList(_Block(layer) for layer in transformer.layers_t)

    def forward(self, x: Tensor, xt: Tensor) -> tuple[Tensor, Tensor]:
        _, rows, frames, channels = (int(size) for size in x.shape)
        y = x.permute(0, 2, 1, 3).reshape(1, frames * rows, channels)
        yt = xt[:, 0]
        y, yt = (
            _normed(_linear(z, widen), norm) + positions
            for z, widen, norm, positions in zip((y, yt), self.widen, self.norms, self.positions, strict=True)
        )
        for block, time_block in zip(self.blocks, self.time_blocks, strict=True):
            y, yt = (block(y, yt), time_block(yt, y)) if block.cross else (block(y, y), time_block(yt, yt))
        y, yt = _linear(y, self.narrow[0]), _linear(yt, self.narrow[1])
        return y.view(1, frames, rows, channels).permute(0, 2, 1, 3), yt.unsqueeze(1)


class _Block(nn.Module):
    """One transformer layer, of self-attention or of attention to the other branch; `(1, T, C)`."""

    def __init__(self, layer: Any) -> None:
        super().__init__()
        self.cross = hasattr(layer, "cross_attn")
        attention = layer.cross_attn if self.cross else layer.self_attn
        self.heads = attention.num_heads
        scales = [
            getattr(gamma, "scale", torch.ones(())).detach() for gamma in (layer.gamma_1, layer.gamma_2)
        ]
        self.query, self.key, self.value = (
            (_fixed(w), _fixed(b))
            for w, b in zip(attention.in_proj_weight.chunk(3), attention.in_proj_bias.chunk(3), strict=True)
        )
        self.out = _scaled(attention.out_proj, scales[0])
        self.wide = _fixed(layer.linear1.weight), _fixed(layer.linear1.bias)
        self.narrow = _scaled(layer.linear2, scales[1])
        self.norm_query = _norm(layer.norm1)
        self.norm_key = _norm(layer.norm2) if self.cross else self.norm_query
        self.norm_wide = _norm(layer.norm3 if self.cross else layer.norm2)
        self.norm_out = (
            (_fixed(layer.norm_out.weight), _fixed(layer.norm_out.bias)) if layer.norm_out else None
        )

    def forward(self, x: Tensor, other: Tensor) -> Tensor:
        asked = _normed(x, self.norm_query)
        heard = _normed(other, self.norm_key) if self.cross else asked
        query, key, value = (
            self._heads(functional.linear(z, *weights))
            for z, weights in ((asked, self.query), (heard, self.key), (heard, self.value))
        )
        answer = functional.scaled_dot_product_attention(query, key, value)
        x = x + functional.linear(answer.transpose(1, 2).reshape(x.shape), *self.out)
        wide = functional.gelu(functional.linear(_normed(x, self.norm_wide), *self.wide))
        x = x + functional.linear(wide, *self.narrow)
        if self.norm_out is None:
            return x
        flat = functional.layer_norm(x.reshape(1, -1), (x.shape[1] * x.shape[2],), eps=EPSILON)
        return flat.view(x.shape) * self.norm_out[0] + self.norm_out[1]

    def _heads(self, x: Tensor) -> Tensor:
        return x.view(1, x.shape[1], self.heads, -1).transpose(1, 2)


def _rows(residuals: nn.ModuleList, y: Tensor) -> Tensor:
    """Apply residual branches to every frequency alone."""
    if not len(residuals):
        return y
    _, rows, frames, channels = (int(size) for size in y.shape)
    z = y.reshape(rows, frames, channels)
    for residual in residuals:
        z = residual(z)
    return z.view(1, rows, frames, channels)


def _fixed(tensor: Tensor) -> Tensor:
    return tensor.detach().clone().float().contiguous()


def _pointwise(network: Any, name: str) -> tuple[Tensor, Tensor] | None:
    layer = getattr(network, name, None)
    return None if layer is None else (_fixed(layer.weight[:, :, 0]), _fixed(layer.bias))


def _linear(x: Tensor, weights: tuple[Tensor, Tensor] | None) -> Tensor:
    return x if weights is None else functional.linear(x, *weights)


def _norm(layer: Any) -> tuple[Tensor, Tensor, float] | None:
    if isinstance(layer, nn.Identity):
        return None
    return _fixed(layer.weight), _fixed(layer.bias), float(layer.eps)


def _normed(x: Tensor, norm: tuple[Tensor, Tensor, float] | None) -> Tensor:
    return x if norm is None else functional.layer_norm(x, (x.shape[-1],), *norm)


def _scaled(layer: Any, scale: Tensor) -> tuple[Tensor, Tensor]:
    rows = scale[:, None] if scale.ndim else scale
    return _fixed(layer.weight * rows), _fixed(layer.bias * scale)
