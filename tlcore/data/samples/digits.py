"""The digits that come with scikit-learn, as pictures.

From E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (1998): its test
part, 8 x 8 pixels with 17 greys.
"""

from pathlib import Path

import numpy as np

_BRIGHTEST = 16
_EACH = 40


def write_digits(folder: Path) -> Path:
    """Write 400 grey PNG pictures of 8 x 8 pixels, 40 of each digit, into a folder a digit in `folder`, and return it.

    Not all 1,797, so that a race with the defaults takes minutes on two cores.
    """
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    first = np.sort(np.concatenate([np.flatnonzero(digits.target == digit)[:_EACH] for digit in range(10)]))
    greys = np.rint(digits.images * (255 / _BRIGHTEST)).astype(np.uint8)
    for number in first:
        pixels, label = greys[number], digits.target[number]
        path = folder / str(label) / f"digit-{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, "PNG")
    return folder
