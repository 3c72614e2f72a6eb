"""A Whisper with random weights, written by CTranslate2 itself: the real loader reads it, and it hears nonsense."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np

from ml.models.store import Model, ModelStore

WIDTH, LAYERS, HEADS, MELS, WORDS = 32, 2, 2, 80, 512


def install(store: ModelStore, source: Path, name: str = "base") -> Model:
    """Put the files of the folder `source` into the store as `name`: `adopt` takes the published files only."""

    def fill(folder: Path) -> dict[str, str]:
        for path in source.iterdir():
            (folder / path.name).write_bytes(path.read_bytes())
        return {path.name: "nothing" for path in source.iterdir()}

    return store.install(
        name, "whisper", origin="a test", revision=None, proved="nothing", bag=None, fill=fill
    )


def write_model(
    folder: Path,
    *,
    width: int = WIDTH,
    layers: int = LAYERS,
    heads: int = HEADS,
    words: int = WORDS,
    times: bool = True,
) -> Path:
    """Fill `folder` with model.bin, config.json, tokenizer.json and the rest: 2 MB, English only.

    Without `times` it never writes a time inside a window: then it takes the same work for each window.
    """
    from ctranslate2.specs import WhisperSpec
    from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

    alphabet = sorted(pre_tokenizers.ByteLevel.alphabet())
    vocabulary = {token: i for i, token in enumerate(alphabet)}
    for i in range(len(vocabulary), words):
        vocabulary[f"Ġword{i}"] = i
    tokenizer = Tokenizer(models.BPE(vocab=vocabulary, merges=[]))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    special = ["<|endoftext|>", "<|startoftranscript|>", "<|en|>", "<|translate|>", "<|transcribe|>"]
    special += ["<|startoflm|>", "<|startofprev|>", "<|nospeech|>", "<|notimestamps|>"]
    tokenizer.add_special_tokens([AddedToken(token, special=True, normalized=False) for token in special])
    moments = [f"<|{k * 0.02:.2f}|>" for k in range(1501)]
    tokenizer.add_special_tokens([AddedToken(token, special=False, normalized=False) for token in moments])
    tokens = [token for token, _ in sorted(tokenizer.get_vocab().items(), key=lambda item: item[1])]

    spec = WhisperSpec(layers, heads, layers, heads)
    _fill(spec, len(tokens), width)
    if not times:
        # One direction that the last norm always points to, and the times turn away from.
        spec.decoder.layer_norm.beta[0] = 10.0
        spec.decoder.embeddings.weight[:, 0] = 0.0
        spec.decoder.embeddings.weight[tokens.index("<|0.02|>") :, 0] = -5.0
    spec.config.suppress_ids = []
    spec.config.suppress_ids_begin = [tokens.index("<|endoftext|>")]
    spec.config.lang_ids = [tokens.index("<|en|>")]
    spec.config.alignment_heads = [(layers - 1, head) for head in range(heads)]
    spec.register_vocabulary(tokens)
    spec.validate()
    spec.optimize(quantization=None)
    folder.mkdir(parents=True, exist_ok=True)
    spec.save(str(folder))
    tokenizer.save(str(folder / "tokenizer.json"))
    features = {
        "feature_size": MELS,
        "sampling_rate": 16_000,
        "hop_length": 160,
        "chunk_length": 30,
        "n_fft": 400,
    }
    (folder / "preprocessor_config.json").write_text(json.dumps(features))
    return folder


def _fill(spec: Any, tokens: int, width: int) -> None:
    random = np.random.default_rng(0)

    def some(*shape: int) -> Any:
        return (random.standard_normal(shape) * 0.02).astype(np.float32)

    def norm(part: Any) -> None:
        part.gamma, part.beta = np.ones(width, np.float32), np.zeros(width, np.float32)

    def linear(part: Any, out: int, into: int) -> None:
        part.weight, part.bias = some(out, into), np.zeros(out, np.float32)

    def layer(part: Any, *, cross: bool) -> None:
        norm(part.self_attention.layer_norm)
        linear(part.self_attention.linear[0], 3 * width, width)
        linear(part.self_attention.linear[1], width, width)
        if cross:
            norm(part.attention.layer_norm)
            linear(part.attention.linear[0], width, width)
            linear(part.attention.linear[1], 2 * width, width)
            linear(part.attention.linear[2], width, width)
        norm(part.ffn.layer_norm)
        linear(part.ffn.linear_0, 4 * width, width)
        linear(part.ffn.linear_1, width, 4 * width)

    encoder, decoder = spec.encoder, spec.decoder
    encoder.conv1.weight, encoder.conv1.bias = some(width, MELS, 3), np.zeros(width, np.float32)
    encoder.conv2.weight, encoder.conv2.bias = some(width, width, 3), np.zeros(width, np.float32)
    encoder.position_encodings.encodings = some(1500, width)
    norm(encoder.layer_norm)
    for part in encoder.layer:
        layer(part, cross=False)
    decoder.embeddings.weight = some(tokens, width)
    decoder.position_encodings.encodings = some(448, width)
    norm(decoder.layer_norm)
    decoder.projection.weight = decoder.embeddings.weight
    decoder.scale_embeddings = False
    for part in decoder.layer:
        layer(part, cross=True)
