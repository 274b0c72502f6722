"""Writes a small DeBERTa-v3 by transformers, with a tokenizer of its kind, for check-encoder.ts.

    python scripts/make-deberta-folder.py FOLDER TEXTS [--kind transformers|sentencepiece|published] [--vocabulary 4000]

Needs torch, transformers, tokenizers; the other kinds sentencepiece too. TEXTS, one text a line, gzipped or not, trains the Unigram vocabulary.
The weights are random: no published checkpoint is read. `transformers` builds the tokenizer by DebertaV2Tokenizer as transformers 5 does;
`sentencepiece` trains an spm.model with DeBERTa-v3's ids of special tokens, and has transformers convert it, as for a checkpoint without
tokenizer.json; `published` has the steps of the tokenizer.json that transformers 4 wrote from spm.model, as checkpoints on the Hub carry it: a compiled
character map between Strip and Replace.
"""

import argparse
import gzip
import io
import json
from pathlib import Path

import torch
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import DebertaV2Config, DebertaV2ForMaskedLM, DebertaV2Tokenizer

SPECIALS = ["[PAD]", "[CLS]", "[SEP]", "[UNK]"]


def read_lines(path):
    data = path.read_bytes()
    text = (gzip.decompress(data) if path.suffix == ".gz" else data).decode("utf-8")
    return [line for line in text.split("\n") if line.strip()]


def by_transformers(lines, size):
    trained = Tokenizer(models.Unigram())
    trained.pre_tokenizer = pre_tokenizers.Metaspace()
    trained.train_from_iterator(lines, trainers.UnigramTrainer(vocab_size=size, special_tokens=SPECIALS, unk_token="[UNK]"))
    vocabulary = [tuple(entry) for entry in json.loads(trained.to_str())["model"]["vocab"]]
    return DebertaV2Tokenizer(vocab=vocabulary, unk_id=SPECIALS.index("[UNK]"))


def by_sentencepiece(lines, size, folder):
    import sentencepiece

    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_prefix=str(folder / "spm"), vocab_size=size, minloglevel=2,
        **{f"{name}_id": at for at, name in enumerate(("pad", "bos", "eos", "unk"))},
        pad_piece="[PAD]", bos_piece="[CLS]", eos_piece="[SEP]", unk_piece="[UNK]",
    )
    (folder / "spm.vocab").unlink()
    return DebertaV2Tokenizer.from_pretrained(folder)


def compiled_map(lines):
    """SentencePiece's own rules, nmt_nfkc, as DeBERTa's spm.model has them."""
    import sentencepiece
    from sentencepiece import sentencepiece_model_pb2

    model = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(lines), model_writer=model, vocab_size=200, hard_vocab_limit=False, minloglevel=2
    )
    proto = sentencepiece_model_pb2.ModelProto()
    proto.ParseFromString(model.getvalue())
    return proto.normalizer_spec.precompiled_charsmap


def as_published(lines, size):
    """The steps of `DebertaV2Converter` in transformers' convert_slow_tokenizer.py; [MASK] stands behind the vocabulary."""
    tokenizer = Tokenizer(models.Unigram())
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Strip(), normalizers.Precompiled(compiled_map(lines[:2000])), normalizers.Replace(Regex(" {2,}"), " ")]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Metaspace(replacement="▁", prepend_scheme="always")])
    tokenizer.decoder = decoders.Metaspace(replacement="▁", prepend_scheme="always")
    tokenizer.train_from_iterator(lines, trainers.UnigramTrainer(vocab_size=size, special_tokens=SPECIALS, unk_token="[UNK]"))
    tokenizer.add_special_tokens([AddedToken("[UNK]", normalized=True, special=True), AddedToken("[MASK]", special=True)])
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS]:0 $A:0 [SEP]:0", pair="[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1", special_tokens=[("[CLS]", 1), ("[SEP]", 2)]
    )
    return tokenizer


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("folder", type=Path)
    parser.add_argument("texts", type=Path)
    parser.add_argument("--kind", choices=["transformers", "sentencepiece", "published"], default="transformers")
    parser.add_argument("--vocabulary", type=int, default=4000)
    options = parser.parse_args()
    lines = read_lines(options.texts)[:20_000]
    options.folder.mkdir(parents=True, exist_ok=True)
    if options.kind != "published":
        sized = (lines, options.vocabulary)
        tokenizer = by_transformers(*sized) if options.kind == "transformers" else by_sentencepiece(*sized, options.folder)
        tokenizer.save_pretrained(options.folder)
        size = len(tokenizer)
    else:
        tokenizer = as_published(lines, options.vocabulary)
        tokenizer.save(str(options.folder / "tokenizer.json"))
        names = {f"{name}_token": f"[{name.upper()}]" for name in ("pad", "cls", "sep", "unk", "mask")}
        settings = {"tokenizer_class": "PreTrainedTokenizerFast", **names}
        (options.folder / "tokenizer_config.json").write_text(json.dumps(settings))
        size = tokenizer.get_vocab_size()
    torch.manual_seed(1)
    config = DebertaV2Config(
        vocab_size=size, hidden_size=96, num_hidden_layers=3, num_attention_heads=4, intermediate_size=160, initializer_range=0.15,
        relative_attention=True, pos_att_type=["p2c", "c2p"], position_buckets=256, share_att_key=True, norm_rel_ebd="layer_norm",
        position_biased_input=False, max_relative_positions=-1, pad_token_id=0,
    )
    DebertaV2ForMaskedLM(config).save_pretrained(options.folder)
    print(f"{options.folder}: {size} tokens, {options.kind}")


if __name__ == "__main__":
    main()
