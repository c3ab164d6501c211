"""Makes tokenizer.json: what Hugging Face's tokenizer of ../model makes of texts that are easy to get wrong.

Run in this folder:  python tokenizer.py > tokenizer.json
Needs: transformers. Python decodes invalid UTF-8 with errors="replace".
"""
import hashlib
import json
import pathlib

from transformers import AutoTokenizer

HERE = pathlib.Path(__file__).parent
TOKENIZER = AutoTokenizer.from_pretrained(HERE.parent / "model")

TEXTS = [
    "",
    " ",
    "  two  spaces ",
    "\n\n\ttabs\t\tand\r\nlines\n \n",
    "Hello, world! It's what we'd've said: I'll, you're, he's, I'M.",
    "1 12 123 1234 12345 3.14159 1,000,000",
    "The 3rd of MAY 1894 -- \u201cquotes\u201d \u2014 and \u2026",
    "caf\u00e9 cafe\u0301 na\u00efve \u00c5ngstr\u00f6m \u00df \u0130",
    "\u4f60\u597d\uff0c\u4e16\u754c \u3053\u3093\u306b\u3061\u306f \uc548\ub155",
    "\u05e9\u05dc\u05d5\u05dd \u0645\u0631\u062d\u0628\u0627 \u0939\u093f\u0928\u094d\u0926\u0940",
    "\U0001f600 \U0001f44d\U0001f3fd \U0001f468\u200d\U0001f469\u200d\U0001f467 \U0001f1e9\U0001f1ea",
    "a\u00a0no-break\u2003em\u3000ideographic\u200bzero\ufeffbom",
    "\u00bd \u00b2 \u2167 \u0664\u0665 \u2603\ufe0f",
    "\x00\x01\x7f\x1b[0m",
    "\ufffd\uffff\U0010ffff",
    "<|endoftext|>",
    "one<|endoftext|>two <|endoftext|> three",
    "<|endoftext|><|endoftext|>",
    "<|endoftext", "<|EndOfText|>", "<| endoftext |>",
    "supercalifragilisticexpialidocious" * 3,
    "=" * 100 + "\n" + " " * 50 + "x",
]
BYTES = [
    b"\xff\xfe",
    b"ok \x80 ok",
    b"cut \xe2\x82",
    b"cut \xf0\x9f\x98",
    b"\xed\xa0\x80 surrogate \xed\xbf\xbf",
    b"\xc0\xaf overlong \xe0\x80\xaf \xf0\x80\x80\x80",
    b"\xf4\x90\x80\x80 beyond \xf5\x80\x80\x80",
    b"\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41",
    b"\xc3\x28 \xa0\xa1 \xe2\x28\xa1",
]


def encode(text, parsed):
    return TOKENIZER(text, add_special_tokens=False, split_special_tokens=not parsed)["input_ids"]


def case(text, raw):
    return {
        "utf8": raw.hex(),
        "as_text": encode(text, False),
        "parsed": encode(text, True),
    }


def file(name):
    text = (HERE.parent / "texts" / name).read_bytes().decode("utf-8")
    ids = encode(text, True)
    digest = hashlib.sha256(",".join(map(str, ids)).encode()).hexdigest()
    return {"file": name, "count": len(ids), "first": ids[:32], "sha256": digest}


cases = [case(t, t.encode("utf-8")) for t in TEXTS]
cases += [case(b.decode("utf-8", errors="replace"), b) for b in BYTES]
files = [file("prose.txt"), file("shakespeare.txt")]
print(json.dumps({"cases": cases, "files": files}))
