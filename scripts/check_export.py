#!/usr/bin/env python3
"""Whether a model folder that Lodestone wrote is the same model in Hugging Face transformers, and its adapters the same in PEFT.

Both run the same random tokens in fp32 on the CPU; compared are all logits, |transformers - lodestone| / |lodestone| in the Euclidean norm.

usage: scripts/check_export.py STEP_FOLDER [--base MODEL] [--tokens N] [--seed N]
  STEP_FOLDER   of a training run, or any model folder
  --base        the model that was trained: with it STEP_FOLDER/adapter is loaded onto it by PEFT and compared too
Exit status: 0 the same, 1 not the same, 77 where torch or transformers (or PEFT, for adapters) is missing.
Cost: both models in memory, in fp32; seconds for small ones. No GPU.
"""

import argparse
import json
import pathlib
import random
import subprocess
import sys
import tempfile

try:
    import torch
    from safetensors.torch import load_file
    from transformers import AutoModelForCausalLM
except ImportError as e:
    print(f"check_export: not checked, {e}")
    sys.exit(77)

TOP = pathlib.Path(__file__).resolve().parent.parent
LIMIT = 1e-4  # fp32 in two orders of summation: 3e-6 is usual


def lodestone_logits(folder, tokens):
    with tempfile.TemporaryDirectory() as work:
        data, out = pathlib.Path(work, "tokens.jsonl"), pathlib.Path(work, "probe.safetensors")
        data.write_text(json.dumps({"id": "0", "tokens": tokens}) + "\n")
        subprocess.run([TOP / "lodestone", "probe", "--device", "cpu", "--model", folder, "--tokens", data, "--out", out], check=True)
        return load_file(out)["0/logits"].double()


def compared(name, model, tokens, expected):
    with torch.no_grad():
        found = model.float().eval()(torch.tensor([tokens])).logits[0].double()
    error = (torch.linalg.norm(found - expected) / torch.linalg.norm(expected)).item()
    same = error <= LIMIT
    print(f"{name}: logits of {len(tokens)} tokens differ by {error:.1e} (limit {LIMIT:.0e}): {'the same' if same else 'NOT THE SAME'}")
    return same


def main():
    words = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    words.add_argument("folder", type=pathlib.Path)
    words.add_argument("--base", type=pathlib.Path)
    words.add_argument("--tokens", type=int, default=200)
    words.add_argument("--seed", type=int, default=1)
    o = words.parse_args()

    config = json.loads((o.folder / "config.json").read_text())
    draw = random.Random(o.seed)
    tokens = [draw.randrange(config["vocab_size"]) for _ in range(min(o.tokens, config["max_position_embeddings"]))]
    expected = lodestone_logits(o.folder, tokens)
    same = compared("transformers", AutoModelForCausalLM.from_pretrained(o.folder, torch_dtype=torch.float32), tokens, expected)
    if o.base:
        try:
            from peft import PeftModel
        except ImportError as e:
            print(f"check_export: adapters not checked, {e}")
            sys.exit(77 if same else 1)
        base = AutoModelForCausalLM.from_pretrained(o.base, torch_dtype=torch.float32)
        same &= compared("PEFT", PeftModel.from_pretrained(base, o.folder / "adapter"), tokens, expected)
    sys.exit(0 if same else 1)


if __name__ == "__main__":
    main()
