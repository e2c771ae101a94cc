"""Puts the recorded results inside the wheel; an editable install reads them from the checkout."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class RecordedResults(BuildHookInterface):
    """Maps data/ to incontext/_data in a standard wheel."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add data/ to the files of a standard wheel, and nothing to an editable one."""
        if version == "standard" and Path(self.root, "data").is_dir():
            build_data["force_include"]["data"] = "incontext/_data"
