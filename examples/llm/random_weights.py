"""Writes a model with random weights, the same ones each time: random_weights.py FILE.gguf.

It is a llama of two small layers whose tokens are single characters. It knows no language: held to a form, such as a JSON
schema, it writes any text of that form, and one is about as likely as another.
"""

import pathlib
import sys

import gguf
import numpy as np

WIDTH = 64
LAYERS = 2
HEADS = 4
CONTEXT = 8192

# The tokens with llama.cpp's numbers for their types: special ones, one for each byte, and one for each character of ASCII that
# can be seen. The space is written as U+2581.
SPECIAL = [(b"<unk>", 2), (b"<s>", 3), (b"</s>", 3)]
BYTES = [(b"<0x%02X>" % byte, 6) for byte in range(256)]
CHARACTERS = [("\u2581" if c == 32 else chr(c)).encode() for c in range(32, 127)]
TOKENS = SPECIAL + BYTES + [(character, 1) for character in CHARACTERS]
CHAT = "{% for m in messages %}{{ m.role }}: {{ m.content }}\n{% endfor %}assistant: "


def describe(w: gguf.GGUFWriter) -> None:
    """Writes what a loader has to know."""
    w.add_name("weir-random")
    w.add_context_length(CONTEXT)
    w.add_embedding_length(WIDTH)
    w.add_block_count(LAYERS)
    w.add_feed_forward_length(2 * WIDTH)
    w.add_head_count(HEADS)
    w.add_head_count_kv(HEADS)
    w.add_layer_norm_rms_eps(1e-5)
    w.add_rope_dimension_count(WIDTH // HEADS)
    w.add_vocab_size(len(TOKENS))
    w.add_file_type(0)
    w.add_tokenizer_model("llama")
    w.add_tokenizer_pre("default")
    w.add_token_list([token for token, _ in TOKENS])
    w.add_token_scores([0.0] * len(TOKENS))
    w.add_token_types([kind for _, kind in TOKENS])
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_unk_token_id(0)
    w.add_chat_template(CHAT)


def add_weights(w: gguf.GGUFWriter) -> None:
    """Writes the weights: small random numbers, and ones where a layer only scales."""
    source = np.random.default_rng(1)

    def random(*shape: int) -> np.ndarray:
        return (source.standard_normal(shape) * 0.05).astype(np.float32)

    ones = np.ones(WIDTH, np.float32)
    w.add_tensor("token_embd.weight", random(len(TOKENS), WIDTH))
    w.add_tensor("output_norm.weight", ones)
    w.add_tensor("output.weight", random(len(TOKENS), WIDTH))
    for layer in range(LAYERS):
        block = f"blk.{layer}."
        w.add_tensor(block + "attn_norm.weight", ones)
        for name in ("attn_q", "attn_k", "attn_v", "attn_output"):
            w.add_tensor(f"{block}{name}.weight", random(WIDTH, WIDTH))
        w.add_tensor(block + "ffn_norm.weight", ones)
        w.add_tensor(block + "ffn_gate.weight", random(2 * WIDTH, WIDTH))
        w.add_tensor(block + "ffn_up.weight", random(2 * WIDTH, WIDTH))
        w.add_tensor(block + "ffn_down.weight", random(WIDTH, 2 * WIDTH))


def main() -> None:
    file = pathlib.Path(sys.argv[1])
    part = file.with_suffix(".part")  # another server may be reading the file
    w = gguf.GGUFWriter(part, "llama")
    describe(w)
    add_weights(w)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    part.replace(file)


main()
