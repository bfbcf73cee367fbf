import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tlcore.encoders import tokens
from tlcore.encoders.tokens import count_tokens, token_ids
from tlcore.errors import EncoderError


def test_ids_lie_end_to_end(tiny_encoder_folder):
    alone = [token_ids(tiny_encoder_folder, [text], 64)[0].tolist() for text in ("a goal", "", "soup")]
    ids, lengths = token_ids(tiny_encoder_folder, ["a goal", "", "soup"], 64)
    assert ids.tolist() == [token for row in alone for token in row]
    assert lengths.tolist() == [4, 2, 3]
    assert ids.dtype == np.int32


def test_cutting_keeps_the_first_words_and_the_end_mark(tiny_encoder_folder):
    whole, _ = token_ids(tiny_encoder_folder, ["a goal today soup"], 64)
    cut, lengths = token_ids(tiny_encoder_folder, ["a goal today soup"], 4)
    assert cut.tolist() == [*whole[:3], whole[-1]]
    assert lengths.tolist() == [4]
    assert count_tokens(tiny_encoder_folder, ["a goal today soup"]).tolist() == [6]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=50)
@given(texts=st.lists(st.text(alphabet=st.characters(), max_size=20), max_size=8))
def test_any_unicode_is_counted_the_same_in_any_chunks(tiny_encoder_folder, texts):
    together = count_tokens(tiny_encoder_folder, texts)
    assert together.tolist() == [int(count_tokens(tiny_encoder_folder, [text])[0]) for text in texts]
    assert (together >= 2).all()


@pytest.mark.parametrize("limit", ["_CHUNK_TEXTS", "_CHUNK_CHARACTERS"])
def test_chunks_change_nothing(tiny_encoder_folder, toy_texts, monkeypatch, limit):
    expected = token_ids(tiny_encoder_folder, toy_texts.texts, 7)
    monkeypatch.setattr(tokens, limit, 3)
    chunked = token_ids(tiny_encoder_folder, toy_texts.texts, 7)
    assert all(np.array_equal(one, other) for one, other in zip(expected, chunked, strict=True))


def test_lone_surrogates_are_read_as_question_marks(tiny_encoder_folder):
    assert np.array_equal(token_ids(tiny_encoder_folder, ["a \ud800"], 64)[0], token_ids(tiny_encoder_folder, ["a ?"], 64)[0])


def test_a_tokenizer_that_leaves_empty_texts_empty_is_refused(tmp_path):
    from tokenizers import Tokenizer, models

    Tokenizer(models.WordPiece({"[UNK]": 0}, unk_token="[UNK]")).save(str(tmp_path / "tokenizer.json"))
    with pytest.raises(EncoderError, match="empty text"):
        count_tokens(tmp_path, ["a"])
