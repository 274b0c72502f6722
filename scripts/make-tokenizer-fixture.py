"""Write test/fixtures/tokenizer-hashes.json: what Hugging Face's tokenizers give in Python.

Two parts. `glue`: for each GLUE file a SHA-256 over all its token ids and types, so that no text of others is committed.
`small`: a tokenizer with a vocabulary written here, and its ids for sentences written here.

Usage, from the repository root (needs transformers and tokenizers):
    python scripts/make-tokenizer-fixture.py --tokenizer ../shared/tokenizer --data ../shared/data
"""

import argparse
import hashlib
import json
import struct
from pathlib import Path

import tokenizers
import transformers
from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors

MAX_LENGTH = 128

# File, whether its first line names columns, positions of text and pair.
GLUE = [
    *((f"glue/SST-2/{split}.tsv", True, 0, None) for split in ("train", "dev")),
    *((f"glue/CoLA/{split}.tsv", False, 3, None) for split in ("train", "dev")),
    *((f"glue/RTE/{split}.tsv", True, 1, 2) for split in ("train", "dev")),
    *((f"glue/MRPC/{split}.tsv", True, 3, 4) for split in ("train", "dev")),
]

SENTENCES = [
    "The kettle sings, and nobody minds.",
    "the   kettle\tsings\r\nagain",
    "It's a well-made, half-forgotten tune (isn't it?)",
    "",
    "   ",
    ".",
    "!!! ??? ... --- ###",
    "Café crème, naïve Zoë, jalapeño, Ångström, İstanbul",
    "Cafe\u0301 cre\u0300me with marks written apart",
    "ΟΔΟΣ and Σίσυφος",
    "ПРИВЕТ мир",
    "我喜欢茶 and 茶",
    "tea\U00020001茶\U0002A6D6tea",
    "カタカナ ひらがな 한국어",
    "مرحبا بالعالم",
    "zero\u200bwidth soft\u00adhyphen no\u00a0break ideographic\u3000space",
    "control\u0001char \ufffd replacement \u0000 nul",
    "smile 🙂 and 👩‍👩‍👧 family",
    "price: $12.50 ≈ €11,90 — “quoted” ‘single’ …",
    "under_score snake_case @name #tag a/b\\c",
    "x" * 99,
    "x" * 100,
    "x" * 101,
    "kettle" * 17,
    "a [MASK] b [SEP] c [UNK] [mask]",
    "12345 3.14159 1e-5 0x1F",
    "the kettle sings " * 12,
]
PAIRS = [
    ("The kettle sings.", "Nobody minds."),
    ("the kettle sings " * 12, "nobody minds"),
    ("nobody minds", "the kettle sings " * 12),
    ("the kettle sings " * 12, "nobody minds it " * 9),
    ("a tune " * 20, "a tune " * 20),
    ("我喜欢茶", "café"),
    (".", "x" * 101),
]


def small_tokenizer() -> Tokenizer:
    characters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?:;'\"()[]#$€-–—_/\\@&“”‘’…≈我喜茶𠀁𪛖カナひ한"
    characters += "αβγδοσςυφιπриветм"
    words = "the kettle sing sings nobody minds again well made half tune cafe creme naive zoe is it a and family price ket"
    pieces = "##tle ##s ##ing ##ed ##gotten ##body ##stanbul ##x"
    vocabulary: dict[str, int] = {}
    for token in [
        "[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]",
        *characters, *(f"##{character}" for character in characters if character.isalnum()), *words.split(), *pieces.split(),
    ]:
        vocabulary.setdefault(token, len(vocabulary))
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]", max_input_chars_per_word=100))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    cls, sep = vocabulary["[CLS]"], vocabulary["[SEP]"]
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", cls), ("[SEP]", sep)]
    )
    tokenizer.add_special_tokens(["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    return tokenizer


def small_part() -> dict:
    tokenizer = small_tokenizer()
    cases = []
    for max_length in (8, 13, 32, 128):
        tokenizer.enable_truncation(max_length, strategy="longest_first")
        for text, pair in [*((text, None) for text in SENTENCES), *PAIRS]:
            encoding = tokenizer.encode(text, pair)
            case = {"text": text, "maxLength": max_length, "ids": encoding.ids, "types": encoding.type_ids}
            case["truncated"] = len(encoding.overflowing) > 0
            cases.append(case if pair is None else {**case, "pair": pair})
    tokenizer.no_truncation()
    return {"tokenizer": json.loads(tokenizer.to_str()), "cases": cases}


def glue_part(tokenizer, data: Path) -> list[dict]:
    files = []
    for name, header, text, pair in GLUE:
        lines = (data / name).read_text(encoding="utf-8-sig").split("\n")
        rows = [line.rstrip("\r").split("\t") for line in lines if line.strip("\r")][1 if header else 0 :]
        columns = [[row[at] for row in rows] for at in (text, pair) if at is not None]
        encoded = tokenizer(*columns, truncation=True, max_length=MAX_LENGTH)
        whole = tokenizer(*columns, truncation=False, verbose=False)
        digest = hashlib.sha256()
        for ids, types in zip(encoded["input_ids"], encoded["token_type_ids"], strict=True):
            digest.update(struct.pack(f"<i{2 * len(ids)}i", len(ids), *ids, *types))
        files.append({
            "file": name,
            "examples": len(rows),
            "tokens": sum(map(len, encoded["input_ids"])),
            "truncated": sum(len(ids) > MAX_LENGTH for ids in whole["input_ids"]),
            "sha256": digest.hexdigest(),
        })
    return files


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tokenizer", type=Path, default=Path("../shared/tokenizer"))
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("test/fixtures/tokenizer-hashes.json"))
    options = parser.parse_args()
    tokenizer = transformers.BertTokenizerFast.from_pretrained(options.tokenizer)
    fixture = {
        "madeBy": "scripts/make-tokenizer-fixture.py",
        "versions": {"transformers": transformers.__version__, "tokenizers": tokenizers.__version__},
        "hashed": "for each example, little-endian int32: length, ids, token types",
        "maxLength": MAX_LENGTH,
        "glue": glue_part(tokenizer, options.data),
        "small": small_part(),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    # One line a case keeps the file readable in a diff.
    cases = fixture["small"].pop("cases")
    head = json.dumps(fixture, ensure_ascii=True)
    body = ",\n".join(json.dumps(case, ensure_ascii=True, separators=(",", ":")) for case in cases)
    options.out.write_text(f'{head[:-2]}, "cases": [\n{body}\n]}}}}\n', encoding="utf-8")


if __name__ == "__main__":
    main()
