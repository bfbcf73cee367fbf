"""Makes transformers folders small enough to load in milliseconds."""

from pathlib import Path

TOPICS = {
    "food": ("soup", "bread", "cheese", "apple", "salad", "noodle"),
    "sport": ("goal", "team", "match", "runner", "tennis", "coach"),
    "travel": ("train", "hotel", "island", "ticket", "luggage", "harbour"),
}
FILLERS = ("the", "a", "we", "had", "saw", "very", "good", "bad", "today", "again", "with", "and", "near", "old", "new", "was")


def write_tokenizer(folder: Path) -> int:
    """Write a lower-casing WordPiece `tokenizer.json` into `folder` and return the size of its vocabulary."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers, processors

    letters = "abcdefghijklmnopqrstuvwxyz0123456789.,!?'"
    words = sorted({*FILLERS, *(word for topic in TOPICS.values() for word in topic)})
    pieces = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]", *letters, *(f"##{letter}" for letter in letters), *words]
    vocabulary = {piece: position for position, piece in enumerate(dict.fromkeys(pieces))}
    tokenizer = Tokenizer(models.WordPiece(vocabulary, unk_token="[UNK]"))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.post_processor = processors.TemplateProcessing(
        single="[CLS] $A [SEP]", special_tokens=[("[CLS]", vocabulary["[CLS]"]), ("[SEP]", vocabulary["[SEP]"])]
    )
    folder.mkdir(parents=True, exist_ok=True)
    tokenizer.save(str(folder / "tokenizer.json"))
    return len(vocabulary)


def write_network(folder: Path, network: type, config: object) -> None:
    """Write a randomly initialised transformers network, always the same one, into `folder`."""
    import torch

    with torch.random.fork_rng():
        torch.manual_seed(11)
        network(config).save_pretrained(folder)
