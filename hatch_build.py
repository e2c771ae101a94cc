"""Puts recorded results inside the wheel; an editable install reads them from the checkout."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RecordedResults(BuildHookInterface):
    """Maps data/ to incontext/_data in a standard wheel: texts, every report, one seed per network.

    All seeds are in the repository; a wheel with them would be several times as large.
    """

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add recorded results to the files of a standard wheel, and nothing to an editable one."""
        data = Path(self.root, "data")
        if version != "standard" or not data.is_dir():
            return
        shared = [data / name for name in ("README.md", "corpora", "reports")]
        for kept in [*shared, *_one_seed_of_each(data / "networks")]:
            if kept.exists():
                build_data["force_include"][str(kept)] = f"incontext/_data/{kept.relative_to(data)}"


def _one_seed_of_each(networks: Path) -> list[Path]:
    """The file of the smallest seed in every directory of trained networks."""
    return [
        min(files, key=lambda file: int(file.stem.removeprefix("seed-")))
        for folder in sorted(networks.iterdir())
        if (files := list(folder.glob("seed-*.safetensors")))
    ]
