"""Transfer Lab's engine: fair, fast comparison of transfer learning with training from scratch.

Importing it is cheap: torch and transformers load when a model is first used.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tlcore.models.bundle import load_model

__all__ = ["__version__", "load_model"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    if name == "load_model":
        from tlcore.models.bundle import load_model

        return load_model
    raise AttributeError(f"module 'tlcore' has no attribute {name!r}")
