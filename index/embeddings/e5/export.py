"""Export the bundled model as a Hugging Face directory, to load or fine-tune it with sentence-transformers."""

from __future__ import annotations

import json
import shutil
import struct
from base64 import b64encode
from typing import TYPE_CHECKING, Any

import numpy as np

from ...domain.errors import InputError, ModelError
from .batching import MAX_TOKENS
from .libraries import import_library
from .tokenizer import END, PADDING, START, UNKNOWN, build_tokenizer
from .weights import find_weights, read_weights

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from numpy.typing import NDArray

    from .weights import Weights

_ROWS = 16_384  # of the token embedding table per write: 25 MB of 384 MB
_MATRICES = {
    "q": "attention.self.query",
    "k": "attention.self.key",
    "v": "attention.self.value",
    "ao": "attention.output.dense",
    "fi": "intermediate.dense",
    "fo": "output.dense",
}
_NORMS = {"aln": "attention.output.LayerNorm", "oln": "output.LayerNorm"}
_SPECIAL = {
    "bos_token": "<s>",
    "cls_token": "<s>",
    "eos_token": "</s>",
    "sep_token": "</s>",
    "pad_token": "<pad>",
    "unk_token": "<unk>",
    "mask_token": "<mask>",
}
_PROMPTS = {"query": "query: ", "passage": "passage: ", "document": "passage: "}
_CARD = """\
---
license: mit
base_model: intfloat/multilingual-e5-small
library_name: sentence-transformers
pipeline_tag: sentence-similarity
---

# multilingual-e5-small, as nonmun bundles it

The weights of intfloat/multilingual-e5-small (MIT, https://arxiv.org/abs/2402.05672), rounded to 4 bits in blocks of
32, written out as float32. 384 dimensions, mean pooling, unit length, at most 512 tokens; texts begin with `query: `
or `passage: `, which sentence-transformers adds where it is given the prompt of that name.

Written by `nonmun model export`. Use it with `embedding = "sentence-transformers:DIRECTORY"`, or load it with
`SentenceTransformer(DIRECTORY)`.
"""


def export(folder: Path) -> None:
    """Export the bundled model to a new or empty directory, which is complete or absent afterwards.

    The result takes 470 MB: float32 weights, tokenizer, pooling and prompts. Neither torch nor transformers is needed.

    Raises:
        InputError: the directory is not empty, or is a file.
        ModelError: the weights are not installed or their hash differs, or the directory cannot be written.
    """
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise InputError("directory", f"{folder} is not empty; name one that is, or that does not exist")
    weights = read_weights(find_weights())
    unfinished = folder.with_name(folder.name + ".unfinished")
    try:
        shutil.rmtree(unfinished, ignore_errors=True)
        unfinished.mkdir(parents=True)
        _write(weights, unfinished)
        unfinished.replace(folder)
    except OSError as error:
        reason = error.strerror or error
        raise ModelError(f"{folder}: cannot be written ({reason}); it needs a folder with 470 MB to spare") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)


def _write(weights: Weights, folder: Path) -> None:
    spm = build_tokenizer(weights)
    files: dict[str, Any] = {
        "config.json": _config(weights),
        "tokenizer.json": _tokenizer(weights, _precompiled_charsmap(spm)),
        "tokenizer_config.json": {
            "tokenizer_class": "PreTrainedTokenizerFast",
            "model_max_length": MAX_TOKENS,
            "clean_up_tokenization_spaces": False,
            **_SPECIAL,
        },
        "special_tokens_map.json": _SPECIAL,
        "modules.json": [
            {"idx": at, "name": str(at), "path": path, "type": f"sentence_transformers.models.{kind}"}
            for at, (path, kind) in enumerate(
                (("", "Transformer"), ("1_Pooling", "Pooling"), ("2_Normalize", "Normalize"))
            )
        ],
        "1_Pooling/config.json": {"word_embedding_dimension": weights.hidden, "pooling_mode_mean_tokens": True},
        "sentence_bert_config.json": {"max_seq_length": MAX_TOKENS, "do_lower_case": False},
        "config_sentence_transformers.json": {
            "prompts": _PROMPTS,
            "default_prompt_name": None,
            "similarity_fn_name": "cosine",
        },
    }
    for name in ("1_Pooling", "2_Normalize"):
        (folder / name).mkdir()
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content, ensure_ascii=False, indent=1), "utf-8")
    (folder / "sentencepiece.bpe.model").write_bytes(spm)
    (folder / "README.md").write_text(_CARD, "utf-8")
    with (folder / "model.safetensors").open("wb") as file:
        for part in _safetensors(_tensors(weights)):
            file.write(part)


def _config(weights: Weights) -> dict[str, Any]:
    return {
        "architectures": ["BertModel"],
        "model_type": "bert",
        "vocab_size": weights.vocab_size,
        "hidden_size": weights.hidden,
        "num_hidden_layers": weights.layers,
        "num_attention_heads": weights.heads,
        "intermediate_size": len(weights.dense("l0.fi.b")),
        "max_position_embeddings": MAX_TOKENS,
        "type_vocab_size": len(weights.dense("emb.type")) // weights.hidden,
        "hidden_act": "gelu",
        "layer_norm_eps": 1e-12,
        "hidden_dropout_prob": 0.1,
        "attention_probs_dropout_prob": 0.1,
        "bos_token_id": START,
        "pad_token_id": PADDING,
        "eos_token_id": END,
        "torch_dtype": "float32",
    }


class _Tensor:
    """A float32 tensor to write, produced in parts to bound the memory."""

    def __init__(self, shape: tuple[int, ...], parts: Callable[[], Iterator[NDArray[np.float32]]]) -> None:
        self.shape, self.parts = shape, parts
        self.bytes = 4 * int(np.prod(shape))


def _tensors(weights: Weights) -> dict[str, _Tensor]:
    """Return the tensors of a BertModel by name."""
    hidden = weights.hidden

    def vector(name: str, *shape: int) -> _Tensor:
        values = weights.dense(name)
        return _Tensor(shape or values.shape, lambda: iter([values]))

    def matrix(name: str, rows: int) -> _Tensor:
        columns = weights.blocks(name, rows)[0][0].size
        return _Tensor((rows, columns), lambda: iter([weights.matrix(name, rows)]))

    tensors = {
        "embeddings.word_embeddings.weight": _Tensor((weights.vocab_size, hidden), lambda: _token_embeddings(weights)),
        "embeddings.position_embeddings.weight": vector("emb.pos", MAX_TOKENS, hidden),
        "embeddings.token_type_embeddings.weight": vector("emb.type", len(weights.dense("emb.type")) // hidden, hidden),
        "embeddings.LayerNorm.weight": vector("emb.ln.w"),
        "embeddings.LayerNorm.bias": vector("emb.ln.b"),
    }
    for layer in range(weights.layers):
        for short, name in _MATRICES.items():
            bias = vector(f"l{layer}.{short}.b")
            tensors[f"encoder.layer.{layer}.{name}.weight"] = matrix(f"l{layer}.{short}.w", bias.shape[0])
            tensors[f"encoder.layer.{layer}.{name}.bias"] = bias
        for short, name in _NORMS.items():
            tensors[f"encoder.layer.{layer}.{name}.weight"] = vector(f"l{layer}.{short}.w")
            tensors[f"encoder.layer.{layer}.{name}.bias"] = vector(f"l{layer}.{short}.b")
    # BertModel has a pooler, which mean pooling does not use. Without zeros here it would be initialized at random.
    for name, shape in (("weight", (hidden, hidden)), ("bias", (hidden,))):
        tensors[f"pooler.dense.{name}"] = _zeros(shape)
    return tensors


def _zeros(shape: tuple[int, ...]) -> _Tensor:
    return _Tensor(shape, lambda: iter([np.zeros(shape, np.float32)]))


def _token_embeddings(weights: Weights) -> Iterator[NDArray[np.float32]]:
    codes, scales = weights.blocks("emb.word", weights.vocab_size)
    for start in range(0, weights.vocab_size, _ROWS):
        part = slice(start, start + _ROWS)
        yield codes[part] * scales[part, :, None]


def _safetensors(tensors: dict[str, _Tensor]) -> Iterator[bytes]:
    """Yield a safetensors file in parts: header size, header, data (https://github.com/huggingface/safetensors).

    The library `safetensors` is not used, since it needs every tensor in memory at once.
    """
    header: dict[str, Any] = {"__metadata__": {"format": "pt"}}
    at = 0
    for name, tensor in tensors.items():
        header[name] = {"dtype": "F32", "shape": tensor.shape, "data_offsets": [at, at + tensor.bytes]}
        at += tensor.bytes
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)  # aligns the data to 8 bytes
    yield struct.pack("<Q", len(text))
    yield text
    for tensor in tensors.values():
        for part in tensor.parts():
            yield np.ascontiguousarray(part, "<f4").tobytes()


def _precompiled_charsmap(spm: bytes) -> bytes:
    model = import_library("sentencepiece.sentencepiece_model_pb2").ModelProto.FromString(spm)
    return model.normalizer_spec.precompiled_charsmap


def _tokenizer(weights: Weights, charsmap: bytes) -> dict[str, Any]:
    """Return the `tokenizer.json` of the library `tokenizers`, with the steps of `Tokenizer` and of nmt_nfkc."""
    pieces = [piece.decode() for piece in weights.pieces]
    mask = len(pieces) - 1
    added = [(START, "<s>"), (PADDING, "<pad>"), (END, "</s>"), (UNKNOWN, "<unk>"), (mask, "<mask>")]
    flags = {"single_word": False, "rstrip": False, "normalized": False, "special": True}
    space = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True}
    start, end = ({"SpecialToken": {"id": token, "type_id": 0}} for token in ("<s>", "</s>"))
    first, second = ({"Sequence": {"id": name, "type_id": 0}} for name in "AB")
    return {
        "version": "1.0",
        "truncation": None,
        "padding": None,
        "added_tokens": [{"id": at, "content": token, "lstrip": at == mask, **flags} for at, token in added],
        "normalizer": {
            "type": "Sequence",
            "normalizers": [
                {"type": "Replace", "pattern": {"String": "\0"}, "content": " "},
                {"type": "NFC"},
                {"type": "Precompiled", "precompiled_charsmap": b64encode(charsmap).decode()},
                {"type": "Strip", "strip_left": True, "strip_right": True},
                {"type": "Replace", "pattern": {"Regex": " {2,}"}, "content": " "},
            ],
        },
        "pre_tokenizer": space,
        "decoder": space,
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [start, first, end],
            "pair": [start, first, end, end, second, end],
            "special_tokens": {
                "<s>": {"id": "<s>", "ids": [START], "tokens": ["<s>"]},
                "</s>": {"id": "</s>", "ids": [END], "tokens": ["</s>"]},
            },
        },
        "model": {
            "type": "Unigram",
            "unk_id": UNKNOWN,
            "vocab": [[piece, score] for piece, score in zip(pieces, weights.scores.tolist(), strict=True)],
            "byte_fallback": False,
        },
    }
