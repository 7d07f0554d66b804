"""The resamples of a split, ready to be trained on: rows, preprocessing fitted on each one's own training rows."""

from dataclasses import dataclass, replace
from typing import Any

from songpop.app.prepare import Prepared, preprocessing_of, task_of
from songpop.data.resamples import Resample, resamples_of
from songpop.settings import SweepSettings


@dataclass(frozen=True, kw_only=True, eq=False)
class Resampled:
    """A prepared table whose task also has resamples, and what belongs to each of them."""

    prepared: Prepared
    parts: tuple[Resample, ...]
    preprocessings: tuple[Any, ...]  # models.features.Preprocessing; F may differ, flags depend on the training rows

    @property
    def validation_ratio(self) -> float:
        """Validation rows by training rows of a resample."""
        return len(self.parts[0].validation) / len(self.parts[0].train)


def resampled(settings: SweepSettings, prepared: Prepared, n_resamples: int) -> Resampled:
    """Cut training and validation rows anew, `n_resamples` times, and prepare each cut as the split's own was.

    Raises:
        DataError: if a part would be of one class.
    """
    ground = prepared.ground
    parts = resamples_of(ground.table, ground.split, n_resamples)
    preprocessings = tuple(preprocessing_of(settings, ground, part.train) for part in parts)
    tasks = tuple(
        task_of(ground.table, preprocessing, part.train, part.validation)
        for part, preprocessing in zip(parts, preprocessings, strict=True)
    )
    task = replace(prepared.task, resamples=tasks)
    return Resampled(prepared=replace(prepared, task=task), parts=parts, preprocessings=preprocessings)
