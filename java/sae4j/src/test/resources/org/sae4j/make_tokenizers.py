"""Writes tokenizers.json: tokenizers of Hugging Face folders, and what transformers 5.24 and tokenizers 0.23 make of texts:

    python make_tokenizers.py TEST_DATA COUNT SEED > tokenizers.json

A tokenizer is one of two vocabularies in TEST_DATA/cases with other parts. transformers.AutoTokenizer is the judge, but for
the vocabulary that lacks bytes: there AutoTokenizer forgets unk_token, and tokenizers.Tokenizer.from_file is.
"""
import json
import pathlib
import random
import sys
import tempfile

from tokenizers import Tokenizer
from transformers import AutoTokenizer

cases = pathlib.Path(sys.argv[1]) / "cases"
count, draw = int(sys.argv[2]), random.Random(int(sys.argv[3]))
FOLDERS = {"whole": "tokenizer-added-lstrip", "incomplete": "tokenizer-alphabet-incomplete-unk"}
WORDS = ["<mask>", "<pad>", "<foo>", " <foo>", "New York", "York City", "13", "314", "31", "an", "and", "a b", "b a", "the",
         "<|endoftext|>", "<s>", "</s>", "é", "ab ", "x\n", "\n", "k", "ing", "is", "日本", "_a", "A_", "-"]
PIECES = WORDS + [" ", "  ", "\t", "\u00a0", "\u3000", "The", " king", " is", ".", "naïve", "Ünc", "13", "3141", "a b a b a",
                  "New York City", "\u1c89", "\U000105c0", "\U00016d70", "'s", "don't", "\r\n", "😀", "e\u0301", "\u0085"]


def text():
    return "".join(draw.choice(PIECES) for _ in range(draw.randint(1, 12)))


def flags(special=None):
    names = [n for n in ("single_word", "lstrip", "rstrip") if draw.random() < 0.25]
    token = {name: name in names for name in ("single_word", "lstrip", "rstrip")}
    token["special"] = draw.random() < 0.5 if special is None else special
    token["normalized"] = draw.random() < 0.4
    return token


def numbered(vocabulary, words):
    """Gives tokens the numbers that the library gives them."""
    next_id, tokens = len(vocabulary), []
    for word in words:
        number = vocabulary.get(word, next_id)
        next_id = max(next_id, number + 1)
        tokens.append((number, word))
    return tokens


def named():
    """Roles, in the words of tokenizer_config.json."""
    roles = {}
    for role in draw.sample(["bos", "eos", "unk", "sep", "pad", "cls", "mask", "image"], draw.randint(0, 4)):
        roles[role + "_token"] = draw.choice([draw.choice(WORDS), draw.choice(WORDS), None])
    if roles.get("image_token", "") is None:
        del roles["image_token"]
    kind = draw.random()
    if kind < 0.3:
        roles["extra_special_tokens"] = draw.sample(WORDS, 2)
    elif kind < 0.5:
        roles["additional_special_tokens"] = draw.sample(WORDS, 2)
    elif kind < 0.6:
        roles["extra_special_tokens"] = {"a_token": draw.choice(WORDS)}
    return roles


def make():
    base = draw.choice(["whole", "whole", "incomplete"])
    tokenizer = json.loads((cases / FOLDERS[base] / "model/tokenizer.json").read_text())
    vocabulary = tokenizer["model"]["vocab"]
    entry = {"base": base, "files": {}}
    words = draw.sample(WORDS, draw.randint(0, 5))
    if base == "incomplete" and "<|endoftext|>" not in words:
        words.append("<|endoftext|>")
    added = [{"id": i, "content": w, **flags()} for i, w in numbered(vocabulary, words)]
    spelling = draw.choice(["tokenizer.json", "tokenizer.json", "vocab.json"]) if base == "whole" else "tokenizer.json"
    if spelling == "tokenizer.json":
        entry["added_tokens"] = sorted(added, key=lambda token: token["id"])
        if base == "incomplete":
            entry["unk_token"] = draw.choice(["<unk>", None])
            entry["fuse_unk"] = draw.random() < 0.5
    else:
        entry["vocab.json"] = True
    kind = draw.choice(["none", "roles", "map", "decoder", "added"]) if base == "whole" else "none"
    if spelling == "vocab.json" and kind == "none":
        kind = "roles"
    if kind in ("roles", "decoder") or (kind in ("map", "added") and draw.random() < 0.5):
        config = named()
        if draw.random() < 0.3:
            config["tokenizer_class"] = draw.choice(["GPT2TokenizerFast", "PreTrainedTokenizerFast"]
                                                    if spelling == "tokenizer.json" else ["GPT2Tokenizer"])
        if kind == "decoder":
            have = entry.get("added_tokens", [])
            more = [w for w in draw.sample(WORDS, 3) if w not in [t["content"] for t in have]]
            together = numbered(vocabulary, [t["content"] for t in have] + more)
            config["added_tokens_decoder"] = {
                str(i): next(({k: v for k, v in t.items() if k != "id"} for t in have if t["content"] == w),
                             {"content": w, **flags()}) for i, w in sorted(together)}
        entry["files"]["tokenizer_config.json"] = config
    if kind == "map" or kind == "added":
        roles = {k: v for k, v in named().items() if v is not None and not isinstance(v, dict)}
        for name, value in roles.items():
            if isinstance(value, str) and draw.random() < 0.4:
                roles[name] = {"content": value, **{k: v for k, v in flags(True).items() if k != "special"}}
        entry["files"]["special_tokens_map.json"] = roles
    if kind == "added":
        have = [t["content"] for t in entry.get("added_tokens", [])]
        more = [w for w in draw.sample(WORDS, 2) if w not in have]
        numbers = numbered(vocabulary, have + more)
        entry["files"]["added_tokens.json"] = {w: i for i, w in numbers if w in more}
    return entry


def write(entry, folder):
    tokenizer = json.loads((cases / FOLDERS[entry["base"]] / "model/tokenizer.json").read_text())
    (folder / "config.json").write_text((cases / FOLDERS[entry["base"]] / "model/config.json").read_text())
    if "vocab.json" in entry:
        (folder / "vocab.json").write_text(json.dumps(tokenizer["model"]["vocab"]))
        merges = [m if isinstance(m, str) else " ".join(m) for m in tokenizer["model"]["merges"]]
        (folder / "merges.txt").write_text("#version: 0.2\n" + "\n".join(merges) + "\n", encoding="utf-8")
    else:
        tokenizer["added_tokens"] = entry["added_tokens"]
        for name in ("unk_token", "fuse_unk"):
            if name in entry:
                tokenizer["model"][name] = entry[name]
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer))
    for name, value in entry["files"].items():
        (folder / name).write_text(json.dumps(value))


entries = []
while len(entries) < count:
    entry = make()
    with tempfile.TemporaryDirectory() as name:
        folder = pathlib.Path(name)
        write(entry, folder)
        if entry["base"] == "whole":
            tokenizer = AutoTokenizer.from_pretrained(folder)
            encode = lambda text: tokenizer(text, add_special_tokens=False)["input_ids"]
        else:
            tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
            encode = lambda text: tokenizer.encode(text, add_special_tokens=False).ids
        entry["texts"] = [[sample, encode(sample)] for sample in (text() for _ in range(5))]
    entries.append(entry)
print("[" + ",\n".join(json.dumps(entry) for entry in entries) + "]")
