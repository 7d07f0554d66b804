"""The model that takes raw columns: a plain `.keras` file, and a card that says how cells become its input.

Owns: the card, the check that the file is the one the card was written for, prediction from raw columns.
Does not own: MLflow (pyfunc_door.py, model_log.py), cells (data/cells.py).

Axes: R rows of a frame.
"""

import datetime as dt
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.special import expit

from songpop.contracts import Matrix
from songpop.data.cells import Recipe, matrix_of
from songpop.errors import ArtifactError, SettingsError
from songpop.models.ensemble import Members
from songpop.models.export import load_plain
from songpop.models.opinions import Opinions
from songpop.tracking.files import sha256_of

MODEL_FILE = "model.keras"
CARD_FILE = "recipe.json"
PROBABILITY, HIGH_POTENTIAL = "probability", "high_potential"


@dataclass(frozen=True, kw_only=True)
class ModelCard:
    """What the `.keras` file does not know about itself."""

    recipe: Recipe  # raw columns → matrix; holds `as_of`
    threshold: float  # a song has high potential if its probability is strictly above it
    label: str  # what a positive row is, in words
    leaks: tuple[str, ...]  # allowed leaks among the inputs
    encoding: str  # of the CSV files it was trained on
    separator: str
    names: tuple[str, ...] = ()  # the columns by which a person recognises a song, such as title and artist
    sha256: str = ""  # of the `.keras` file; written when the model is saved

    def to_json(self) -> str:
        """Return the card as JSON text."""
        document = {
            "recipe": json.loads(self.recipe.to_json()),
            "threshold": self.threshold,
            "label": self.label,
            "leaks": list(self.leaks),
            "encoding": self.encoding,
            "separator": self.separator,
            "names": list(self.names),
            "sha256": self.sha256,
        }
        return json.dumps(document, ensure_ascii=False, indent=1)

    @staticmethod
    def from_json(text: str) -> "ModelCard":
        """Return the card that `to_json` wrote.

        Raises:
            ArtifactError: if the text is something else.
        """
        try:
            document = json.loads(text)
            return ModelCard(
                recipe=Recipe.from_json(json.dumps(document["recipe"])),
                threshold=float(document["threshold"]),
                label=str(document["label"]),
                leaks=tuple(document["leaks"]),
                encoding=str(document["encoding"]),
                separator=str(document["separator"]),
                names=tuple(document["names"]),
                sha256=str(document["sha256"]),
            )
        except (ValueError, KeyError, TypeError) as error:
            raise ArtifactError(
                f"A model's {CARD_FILE} must be the JSON that songpop wrote, but this one cannot be read ({error!r}). "
                "Restore the file from a copy."
            ) from error


class RawModel:
    """A loaded model, from raw columns to probabilities."""

    def __init__(self, folder: Path) -> None:
        """Load the model in `folder`.

        Raises:
            ArtifactError: if a file is missing, or the `.keras` file is not the one of the card.
        """
        card, file = folder / CARD_FILE, folder / MODEL_FILE
        for needed in (card, file):
            if not needed.is_file():
                raise ArtifactError(f"The model file {needed} is missing. Restore it from a copy.")
        self.card = ModelCard.from_json(card.read_text("utf-8"))
        if sha256_of(file) != self.card.sha256:
            raise ArtifactError(
                f"The model file {file} is not the one that was logged: its SHA-256 is not that in {CARD_FILE}. "
                "Restore it from a copy."
            )
        self._members = Members(load_plain(file))

    def logits(self, frame: pd.DataFrame, as_of: dt.date | None = None) -> NDArray[np.float64]:
        """Return each row's log odds of high potential, shape (R,): songs are ranked by them.

        Args:
            frame: the table's raw columns, as text, numbers or both; others are ignored. A cell that cannot be used
                counts as missing.
            as_of: ages count from this day; None: from the day of the training table.

        Raises:
            DataError: if columns are missing.
        """
        return self.opinions(matrix_of(frame, self.card.recipe, as_of=as_of, strict=False)).joint

    def opinions(self, matrix: Matrix) -> Opinions:
        """Return what each member says of the rows of a raw matrix, shape (R, C) as the recipe makes it."""
        return self._members.predict(matrix)

    def probabilities(self, frame: pd.DataFrame, as_of: dt.date | None = None) -> NDArray[np.float64]:
        """Return each row's probability of high potential, shape (R,); arguments and errors are those of `logits`."""
        return np.asarray(expit(self.logits(frame, as_of)))

    def predict(self, frame: pd.DataFrame, as_of: dt.date | None = None) -> pd.DataFrame:
        """Return `probability` and `high_potential` (0 or 1) of each row, in the frame's order."""
        return self.decide(self.logits(frame, as_of), frame.index)

    def decide(self, logits: NDArray[np.float64], index: pd.Index) -> pd.DataFrame:
        """Return `probability` and `high_potential` for `logits`, shape (R,)."""
        chance = expit(logits)
        is_high = (chance > self.card.threshold).astype(np.int64)
        return pd.DataFrame({PROBABILITY: chance, HIGH_POTENTIAL: is_high}, index=index)


def day_of(text: str | None, key: str = "as_of") -> dt.date | None:
    """Return the day that `text` (YYYY-MM-DD) names; None for no text.

    Raises:
        SettingsError: if it is none; names `key`.
    """
    if not text:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise SettingsError(f"`{key}` must be a date like 2024-06-15, but it is {text!r}.") from None
