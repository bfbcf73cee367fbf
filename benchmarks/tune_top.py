"""Partial fine-tuning of the top two blocks against the Trainer with the others frozen: emotion, 800 labels, 3 epochs.

    python -m benchmarks.tune_top

Five rounds are five seeds and five draws of labels.
"""

from benchmarks.fine_tuning import Duel, duel_contenders
from benchmarks.measure import Target, main
from benchmarks.text_sets import files_of

DUEL = Duel(strategy="partial_fine_tuning", data="tweeteval_emotion", frozen_blocks=4)

TARGET = Target(
    name="tune_top",
    title="fine-tuning the top 2 of 6 blocks: emotion, 800 labels, 3 epochs",
    contenders=lambda bench: duel_contenders(bench, DUEL),
    needs=files_of(DUEL.data),
    notes=(
        "Ours runs the frozen blocks once over every text instead of once an epoch, which is exact because they drop nothing "
        "and see each text as it is; the Trainer keeps dropout on in the blocks it does not train.",
    ),
)

if __name__ == "__main__":
    main(TARGET)
