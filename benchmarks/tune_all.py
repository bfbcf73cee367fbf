"""Full fine-tuning against the Trainer: TREC-6, 1,086 labels (200 a class, fewer where a class has fewer), 3 epochs.

    python -m benchmarks.tune_all

Five rounds are five seeds and five draws of labels, so that accuracies can be compared as well.
"""

from benchmarks.fine_tuning import Duel, duel_contenders
from benchmarks.measure import Target, main
from benchmarks.text_sets import files_of

DUEL = Duel(strategy="full_fine_tuning", data="trec6", frozen_blocks=0)

TARGET = Target(
    name="tune_all",
    title="fine-tuning the whole network: TREC-6, 1,086 labels, 3 epochs, batch 16",
    contenders=lambda bench: duel_contenders(bench, DUEL),
    needs=files_of(DUEL.data),
    notes=("Ours fits the head on frozen features first; that time is included.",),
)

if __name__ == "__main__":
    main(TARGET)
