"""Write test/fixtures/tokenizers/*.json: what Hugging Face's tokenizers give in Python, for one tiny tokenizer of each kind.

Each file: `tokenizer` (a tokenizer.json), `config` (what matters of tokenizer_config.json) and `cases` with text, pair, maxLength, ids,
types, truncated. Normalisers, pre-tokenizers and post-processors are those of the classes in transformers; the vocabularies are trained
on sentences written here. Training breaks ties at random: a second run writes other vocabularies, with their own ids.

Usage, from the repository root (needs tokenizers, and sentencepiece for the compiled character map):
    python scripts/make-tokenizer-families.py
"""

import io
import json
from pathlib import Path

import sentencepiece
import tokenizers
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers

CORPUS = [
    "The kettle sings in the small kitchen, and nobody minds at all.",
    "A café near the river sells crème brûlée; naïve visitors ask for jalapeño tea.",
    "Where is my refund? I was charged twice on Monday, and it's now Friday!",
    "The cable works, but the plug doesn't fit: please send another (longer) one.",
    "我喜欢喝茶，也喜欢咖啡。今天天气很好。",
    "Der Zähler läuft zu schnell, und die Straße ist gesperrt.",
    "Сегодня хорошая погода, и чайник поёт.",
    "Prices rose by 12.5 % in 2024, from $10,000 to €11,250.",
    "snake_case, CamelCase and kebab-case walk into a bar...",
    "The tests were running, the tester tested, and the testing went well.",
] * 4

TEXTS = [
    "The kettle sings, and nobody minds.",
    "the   kettle  sings",
    " leading and trailing ",
    "tabs\tand\nnew lines\r\nand\fform\vfeeds",
    "",
    " ",
    "   \t ",
    ".",
    "!!! ??? ... --- ###",
    "It's you're we've I'm he'll I'd don't IT'S",
    "café crème naïve Zoë Ångström İstanbul ÇELİK",
    "cafe\u0301 cre\u0300me with marks written apart",
    "ΟΔΟΣ and Σίσυφος",
    "Сегодня ПРИВЕТ мир",
    "我喜欢茶 and 茶。",
    "tea\U00020001茶\U0002a6d6tea",
    "カタカナ ｶﾞｷﾞ ひらがな 한국어 각",
    "مرحبا بالعالم हिन्दी ไทย",
    "zero\u200bwidth soft\u00adhyphen no\u00a0break ideographic\u3000space",
    "byte\ufeffmark next\u0085line line\u2028paragraph\u2029end thin\u2009space",
    "control\u0001char \ufffd replacement \u007f del",
    "smile 🙂 and 👩‍👩‍👧 family 👍🏽 flag 🇩🇪",
    "ﬁ ligature ½ Ⅷ ㌀ ① ＦＵＬＬ width ～ ﷺ",
    "price: $12.50 ≈ €11,90 — “quoted” ‘single’ …",
    "``quoted'' and ''empty``",
    "under_score snake_case @name #tag a/b\\c https://a.b/c?d=e&f=g",
    "▁already▁there ▁ and ▁▁twice",
    "ĠĠ byte letters Ċ",
    "x" * 99,
    "x" * 101,
    "kettle" * 17,
    "12345 3.14159 1e-5 0x1F 1,234,567 ٣٤ ²",
    "a<mask>b <mask> c <pad> d </s> <s> e <unk> [MASK] f [SEP] [CLS] [UNK] [PAD] <MASK>",
    "<mask><mask>  <mask>",
    "end with <mask>",
    "no-such-word-zqxj ☃ 𝒜𝓑 𐍈",
    "The tests were running, the tester tested. " * 6,
    "\n\n\nthree\n\nlines\n",
    "a  b   c    d",
    "a\u0301\u0302\u0303 stacked e\u0327\u0301",
    "‌join‍er",
    "!\ufeff! ?\u0085? a\ufeffb c\u0085d",
    "\ufeff start and end \u0085",
    "ΣΑΣ ΟΔΌΣ.",
]
PAIRS = [
    ("The kettle sings.", "Nobody minds."),
    ("", "only the second"),
    ("only the first", ""),
    ("The tests were running. " * 8, "nobody minds"),
    ("nobody minds", "The tests were running. " * 8),
    ("the kettle sings " * 6, "nobody minds at all " * 6),
    ("我喜欢茶", "café <mask>"),
]
LENGTHS = [128, 16, 7]


def chars_map(**rules):
    """`precompiled_charsmap` as SentencePiece writes it: field 2 of field 3 of its model file."""
    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=model, vocab_size=150, hard_vocab_limit=False, minloglevel=2, **rules
    )

    def field(data, wanted):
        at = 0

        def number():
            nonlocal at
            value = shift = 0
            while True:
                byte = data[at]
                at += 1
                value |= (byte & 127) << shift
                shift += 7
                if byte < 128:
                    return value

        while at < len(data):
            key = number()
            if key & 7 == 2:
                size = number()
                if key >> 3 == wanted:
                    return data[at : at + size]
                at += size
            elif key & 7 == 0:
                number()
            else:
                at += 4 if key & 7 == 5 else 8
        raise ValueError(wanted)

    return field(field(model.getvalue(), 3), 2)


def small_map(out):
    """A few of nmt_nfkc's rules: the whole map has 240 kB."""
    rules = {
        "\t": " ", "\n": " ", "\r": " ", "\r\n": " ", "\u00a0": " ", "\u3000": " ", "\u2009": " ", "\u2028": " ", "\ufeff": " ", "\u200b": " ",
        "\u0001": "", "\u007f": "", "\u0085": " ", "▁": " ", "ﬁ": "fi", "½": "1⁄2", "Ⅷ": "VIII", "①": "1", "…": "...", "e\u0301": "é", "e\u0300": "è",
        "ｶﾞ": "ガ", "ｷﾞ": "ギ", "\u212b": "Å", "²": "2", "Ｆ": "F", "Ｕ": "U", "Ｌ": "L", "🙂": ":)",
    }
    path = out / "rules.tsv"
    hexes = lambda text: " ".join(f"{ord(char):X}" for char in text)
    path.write_text("".join(f"{hexes(a)}\t{hexes(b)}\n" for a, b in rules.items()))
    try:
        return chars_map(normalization_rule_tsv=str(path))
    finally:
        path.unlink()


def metaspace_words():
    return pre_tokenizers.Sequence(
        [pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")]
    )


def roberta(_):
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    specials = ["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, special=True)]
    trainer = trainers.BpeTrainer(vocab_size=420, special_tokens=specials, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return tokenizer, {"pad_token": "<pad>", "mask_token": "<mask>"}


def roberta_prefix(out):
    """As `add_prefix_space=True` and newer exports have it: a template, the pre-tokenizer in two steps."""
    tokenizer, config = roberta(out)
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=True)
    tokenizer.post_processor = processors.Sequence([
        processors.ByteLevel(trim_offsets=False),
        processors.TemplateProcessing(
            single="<s> $A </s>", pair="<s> $A </s> </s> $B </s>", special_tokens=[("<s>", 0), ("</s>", 2)]
        ),
    ])
    return tokenizer, config


def xlm_roberta(out):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Precompiled(small_map(out))
    tokenizer.pre_tokenizer = metaspace_words()
    tokenizer.decoder = decoders.Metaspace()
    specials = ["<s>", "<pad>", "</s>", "<unk>", AddedToken("<mask>", lstrip=True, special=True)]
    tokenizer.train_from_iterator(CORPUS, trainers.UnigramTrainer(vocab_size=260, special_tokens=specials, unk_token="<unk>"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single=["<s>", "$A", "</s>"], pair=["<s>", "$A", "</s>", "</s>", "$B", "</s>"], special_tokens=[("<s>", 0), ("</s>", 2)]
    )
    return tokenizer, {"pad_token": "<pad>", "mask_token": {"content": "<mask>"}}


def albert(out):
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([
        normalizers.Replace("``", '"'), normalizers.Replace("''", '"'), normalizers.NFKD(), normalizers.StripAccents(),
        normalizers.Lowercase(), normalizers.Precompiled(small_map(out)),
    ])
    tokenizer.pre_tokenizer = metaspace_words()
    tokenizer.decoder = decoders.Metaspace()
    specials = ["<pad>", "<unk>", "[CLS]", "[SEP]", AddedToken("[MASK]", lstrip=True, special=True)]
    tokenizer.train_from_iterator(CORPUS, trainers.UnigramTrainer(vocab_size=220, special_tokens=specials, unk_token="<unk>"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer, {}


def deberta(normalizer):
    """Spaces are part of the text, in which none stand together; [MASK] stands behind the vocabulary."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
    tokenizer.decoder = decoders.Metaspace()
    specials = ["[PAD]", "[CLS]", "[SEP]", AddedToken("[UNK]", normalized=True, special=True)]
    tokenizer.train_from_iterator(CORPUS, trainers.UnigramTrainer(vocab_size=220, special_tokens=specials, unk_token="[UNK]"))
    tokenizer.add_special_tokens([AddedToken("[MASK]", special=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return tokenizer, {"pad_token": "[PAD]", "mask_token": "[MASK]"}


def deberta_v2(_):
    """As transformers 5 builds it."""
    spaces = normalizers.Replace(Regex(r"\s{2,}|[\n\r\t]"), " ")
    return deberta(normalizers.Sequence([spaces, normalizers.NFC(), normalizers.Strip(left=False, right=True)]))


def deberta_v2_converted(out):
    """As transformers 4 wrote it from SentencePiece's file, and as most checkpoints carry it."""
    steps = [normalizers.Strip(), normalizers.Precompiled(small_map(out)), normalizers.Replace(Regex(" {2,}"), " ")]
    return deberta(normalizers.Sequence(steps))


def word_pieces(lowercase, strip_accents, specials):
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=lowercase, strip_accents=strip_accents)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=260, special_tokens=specials))
    return tokenizer


def word_piece(lowercase, strip_accents):
    tokenizer = word_pieces(lowercase, strip_accents, ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 2), ("[SEP]", 3)]
    )
    return tokenizer, {"pad_token": "[PAD]"}


def mpnet(_):
    """BERT's word pieces between RoBERTa's special tokens, with one unknown token for each of the two."""
    tokenizer = word_pieces(True, None, ["<s>", "<pad>", "</s>", "<unk>", "[UNK]"])
    tokenizer.add_special_tokens([AddedToken("<mask>", lstrip=True)])
    tokenizer.post_processor = processors.RobertaProcessing(("</s>", 2), ("<s>", 0), trim_offsets=True, add_prefix_space=False)
    return tokenizer, {"pad_token": "<pad>", "mask_token": "<mask>"}


def metaspace_alone(scheme, split):
    """As T5 and mBART have it: spaces are part of the text, several in a row too."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence([normalizers.Strip(left=False, right=True), normalizers.Lowercase()])
    tokenizer.pre_tokenizer = pre_tokenizers.Metaspace(replacement="▁", prepend_scheme=scheme, split=split)
    tokenizer.decoder = decoders.Metaspace()
    specials = ["<pad>", "</s>", "<unk>", AddedToken("<mask>", rstrip=True, special=True)]
    tokenizer.train_from_iterator(CORPUS, trainers.UnigramTrainer(vocab_size=200, special_tokens=specials, unk_token="<unk>"))
    tokenizer.post_processor = processors.TemplateProcessing(
        single="$A </s>", pair="$A </s> $B </s>", special_tokens=[("</s>", 1)]
    )
    return tokenizer, {"pad_token": "<pad>"}


def steps(*splits):
    """Word pieces over other ways to split, with BERT's older post-processor."""
    tokenizer = Tokenizer(models.WordPiece(unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.Sequence([normalizers.Strip(), normalizers.NFD(), normalizers.Lowercase(), normalizers.StripAccents()])
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(list(splits))
    tokenizer.decoder = decoders.WordPiece()
    specials = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"]
    tokenizer.train_from_iterator(CORPUS, trainers.WordPieceTrainer(vocab_size=220, special_tokens=specials))
    tokenizer.post_processor = processors.BertProcessing(("[SEP]", 3), ("[CLS]", 2))
    return tokenizer, {"pad_token": "[PAD]"}


KINDS = {
    "roberta": roberta,
    "roberta-prefix-space": roberta_prefix,
    "xlm-roberta": xlm_roberta,
    "albert": albert,
    "mpnet": mpnet,
    "deberta-v2": deberta_v2,
    "deberta-v2-converted": deberta_v2_converted,
    "electra-uncased": lambda _: word_piece(True, None),
    "bert-cased": lambda _: word_piece(False, False),
    "bert-cased-stripped": lambda _: word_piece(False, True),
    "metaspace-always": lambda _: metaspace_alone("always", True),
    "metaspace-first-whole": lambda _: metaspace_alone("first", False),
    "metaspace-never": lambda _: metaspace_alone("never", True),
    "words": lambda _: steps(pre_tokenizers.Whitespace(), pre_tokenizers.Digits(individual_digits=True)),
    "punctuation": lambda _: steps(
        pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation(), pre_tokenizers.Digits(individual_digits=False)
    ),
    "punctuation-together": lambda _: steps(pre_tokenizers.WhitespaceSplit(), pre_tokenizers.Punctuation("contiguous")),
}


def cases_of(tokenizer):
    cases = []
    whole = Tokenizer.from_str(tokenizer.to_str())
    for text, pair in [*((text, None) for text in TEXTS), *PAIRS]:
        full = whole.encode(text, pair)
        for length in LENGTHS if pair is not None or len(full.ids) > 16 else LENGTHS[:1]:
            tokenizer.enable_truncation(length)
            got = tokenizer.encode(text, pair)
            cases.append({
                "text": text, **({} if pair is None else {"pair": pair}), "maxLength": length, "ids": got.ids, "types": got.type_ids,
                "truncated": len(got.ids) < len(full.ids),
            })
    tokenizer.no_truncation()
    return cases


def main():
    out = Path("test/fixtures/tokenizers")
    out.mkdir(parents=True, exist_ok=True)
    for name, build in KINDS.items():
        tokenizer, config = build(out)
        text = tokenizer.to_str()
        cases = cases_of(tokenizer)
        content = {"versions": {"tokenizers": tokenizers.__version__}, "config": config, "tokenizer": json.loads(text), "cases": cases}
        path = out / f"{name}.json"
        path.write_text(json.dumps(content, ensure_ascii=False, separators=(",", ":")) + "\n")
        print(path.name, path.stat().st_size, "tokenizer", len(text.encode()), "vocabulary", tokenizer.get_vocab_size(), "cases", len(cases))


if __name__ == "__main__":
    main()
