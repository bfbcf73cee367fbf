"""The digits that come with scikit-learn, as pictures.

From E. Alpaydin and C. Kaynak, "Optical Recognition of Handwritten Digits", UCI Machine Learning Repository (1998): its test
part, 8 x 8 pixels with 17 greys.
"""

from pathlib import Path

import numpy as np

_BRIGHTEST = 16


def write_digits(folder: Path) -> Path:
    """Write 1,797 grey PNG pictures of 8 x 8 pixels into a folder a digit in `folder`, and return it."""
    from PIL import Image
    from sklearn.datasets import load_digits

    digits = load_digits()
    greys = np.rint(digits.images * (255 / _BRIGHTEST)).astype(np.uint8)
    for number, (pixels, label) in enumerate(zip(greys, digits.target.tolist(), strict=True)):
        path = folder / str(label) / f"digit-{number:04}.png"
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(pixels).save(path, "PNG")
    return folder
