"""Write test/fixtures/byte-level-bpe.json: a tiny tokenizer of ModernBERT's kind, and the ids that Python's `tokenizers` gives.

ModernBERT's tokenizer is GPT-NeoX's: byte-level BPE behind NFC, runs of spaces as tokens of their own, [MASK] that takes the space
before it, [CLS] and [SEP] by a template. This one is trained on sentences written here.

Usage, from the repository root (needs tokenizers):
    python scripts/make-byte-level-fixture.py
"""

import argparse
import json
from pathlib import Path

import tokenizers
from tokenizers import AddedToken, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = [
    "The kettle sings and nobody minds; the kettle sang, the kettle has sung.",
    "It's a well-made, half-forgotten tune, isn't it? They'd say it's theirs, and we'll say it's ours.",
    "def sing(kettle):\n    return kettle.tune * 2\n\nfor kettle in kettles:\n    print(sing(kettle))",
    "Café crème for Zoë: 12.50 and 3 more make 15.50.",
    "Nobody minds the weather, the weather minds nobody, and the kettle minds the time.",
]
TEXTS = [
    "The kettle sings, and nobody minds.",
    "the kettle sings",
    " the kettle sings",
    "the   kettle\tsings\r\nagain",
    "It's theirs, isn't it? WE'LL say they'D",
    "",
    " ",
    "     ",
    "\n\n\t",
    ".",
    "!!! ??? ... --- ###",
    "Café crème, naïve Zoë, jalapeño, Ångström, İstanbul",
    "Cafe\u0301 cre\u0300me with marks written apart",
    "\u212bngstro\u0308m and \ufb01ne",
    "ПРИВЕТ мир, ΟΔΟΣ and Σίσυφος",
    "我喜欢茶 and 茶, カタカナ 한국어",
    "مرحبا بالعالم",
    "zero\u200bwidth soft\u00adhyphen no\u00a0break ideographic\u3000space",
    "control\u0001char \ufffd replacement \u0000 nul",
    "smile 🙂 and 👩‍👩‍👧 family 🇬🇷",
    "price: $12.50 ≈ €11,90 — “quoted” ‘single’ …",
    "under_score snake_case @name #tag a/b\\c x=y+z",
    "def sing(kettle):\n    return kettle.tune * 2\n",
    "a [MASK] b[MASK]c  [MASK] [SEP] d [CLS] [mask]",
    "two  three   four    spaces     and more      ",
    "12345 3.14159 1e-5 0x1F ½ ² ٣",
    "x" * 60,
    "kettle" * 9,
    "the kettle sings " * 9,
    "<|padding|> is no token here, |||IP_ADDRESS||| is",
    "line\u2028separator and \u0085next line",
]
PAIRS = [
    ("The kettle sings.", "Nobody minds."),
    ("the kettle sings " * 9, "nobody minds"),
    ("nobody minds", " the kettle sings" * 9),
    ("", "nobody"),
    ("我喜欢茶", "café [MASK]"),
]


def make_tokenizer() -> Tokenizer:
    tokenizer = Tokenizer(models.BPE())
    tokenizer.normalizer = normalizers.NFC()
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, trim_offsets=True, use_regex=True)
    tokenizer.decoder = decoders.ByteLevel(add_prefix_space=True, trim_offsets=True, use_regex=True)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=360, initial_alphabet=alphabet, special_tokens=["|||IP_ADDRESS|||"], show_progress=False)
    tokenizer.train_from_iterator(CORPUS, trainer)
    # as GPT-NeoX: runs of spaces, longest first, before the special tokens of BERT
    tokenizer.add_tokens([AddedToken(" " * count, normalized=True) for count in (6, 5, 4, 3, 2)])
    tokenizer.add_special_tokens(["[UNK]", "[CLS]", "[SEP]", "[PAD]"])
    tokenizer.add_special_tokens([AddedToken("[MASK]", lstrip=True, special=True)])
    ids = [(token, tokenizer.token_to_id(token)) for token in ("[CLS]", "[SEP]")]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:0 [SEP]:0", special_tokens=ids
    )
    return tokenizer


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", type=Path, default=Path("test/fixtures/byte-level-bpe.json"))
    out = parser.parse_args().out
    tokenizer = make_tokenizer()
    cases = []
    for max_length in (9, 64):
        tokenizer.enable_truncation(max_length, strategy="longest_first")
        for text, pair in [*((text, None) for text in TEXTS), *PAIRS]:
            encoding = tokenizer.encode(text, pair)
            case = {"text": text, "maxLength": max_length, "ids": encoding.ids, "types": encoding.type_ids}
            cases.append(case if pair is None else {**case, "pair": pair})
    tokenizer.no_truncation()
    head = {"madeBy": "scripts/make-byte-level-fixture.py", "versions": {"tokenizers": tokenizers.__version__}}
    text = json.dumps({**head, "tokenizer": json.loads(tokenizer.to_str())}, ensure_ascii=True, separators=(",", ":"))
    # One line a case keeps the file readable in a diff.
    body = ",\n".join(json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in cases)
    out.write_text(f'{text[:-1]},"cases":[\n{body}\n]}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
