"""Where the app keeps things, and the limits it works within."""

from functools import cached_property
from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Read from `TLCORE_*` environment variables; every field has a default that suits a laptop."""

    model_config = SettingsConfigDict(env_prefix="TLCORE_", frozen=True)

    home: Path = Field(default=Path("~/.transferlab"), description="workspace folder")
    max_file_bytes: int = Field(default=2 * 1024**3, gt=0, description="largest CSV accepted, in bytes after decompression")
    max_rows: int = Field(default=5_000_000, gt=0, description="most data rows in a CSV")
    max_columns: int = Field(default=2_000, gt=0, description="most columns in a CSV")
    max_cell_characters: int = Field(default=1_000_000, gt=0, description="longest cell accepted, in characters")
    max_classes: int = Field(default=500, gt=1, description="most distinct labels a classifier may have")
    max_pictures: int = Field(default=100_000, gt=0, description="most pictures in a dataset")
    max_picture_bytes: int = Field(default=50 * 1024**2, gt=0, description="largest file of a picture, in bytes")
    max_picture_pixels: int = Field(default=50_000_000, gt=0, description="most pixels in a picture, width times height")
    max_picture_side: int = Field(default=20_000, gt=0, description="most pixels along one side of a picture")
    max_zip_bytes: int = Field(default=16 * 1024**3, gt=0, description="largest zip accepted, in bytes after unpacking")
    slots: int = Field(default=1, gt=0, description="experiments that may train at the same time")
    precision: str = Field(default="auto", pattern="^(auto|fp32|bf16)$", description="arithmetic of encoders and training")
    threads: int = Field(default=0, ge=0, description="CPU threads a worker uses; 0 = all cores")


class Workspace:
    """The one folder that holds all the app keeps. Making one creates the folder (mode 0700) and nothing else."""

    def __init__(self, root: Path | str | None = None) -> None:
        self.root = Path(root or Settings().home).expanduser().resolve()
        self.root.mkdir(parents=True, exist_ok=True, mode=0o700)

    @cached_property
    def settings(self) -> Settings:
        """Limits in force for this workspace."""
        return Settings(home=self.root)

    @property
    def datasets(self) -> Path:
        """One folder a dataset, named by its id."""
        return self.root / "datasets"

    @property
    def features(self) -> Path:
        """Stored features, one folder an encoder fingerprint."""
        return self.root / "features"

    @property
    def encoders(self) -> Path:
        """Encoders that were added from a folder."""
        return self.root / "encoders"

    @property
    def queue(self) -> Path:
        """One folder an experiment: its spec, lease, progress and log."""
        return self.root / "queue"

    @property
    def artifacts(self) -> Path:
        """Files of finished runs, kept by MLflow."""
        return self.root / "artifacts"

    @property
    def uploads(self) -> Path:
        """Files on their way in; swept when older than a day."""
        return self.root / "uploads"
