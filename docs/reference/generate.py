"""Writes the pages of this folder from the code: every key, every command. `make reference` calls it."""

import sys
from collections.abc import Callable, Mapping
from pathlib import Path

HERE = Path(__file__).parent
sys.path.insert(0, str(HERE))

import commands  # noqa: E402
import keys  # noqa: E402

PAGES: Mapping[str, Callable[[], str]] = {"keys.md": keys.page, "commands.md": commands.page}

if __name__ == "__main__":
    for name, page in PAGES.items():
        (HERE / name).write_text(page(), "utf-8")
