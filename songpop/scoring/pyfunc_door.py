"""The registered model as MLflow loads it: `mlflow.pyfunc.load_model`, and `mlflow models serve`.

Owns: what MLflow asks of a model, and its signature. Does not own: prediction (raw_model.py).

The signature names outputs and parameters, but no inputs: MLflow checks inputs by one type per column, and the same
column reaches it as text over CSV ("1,234"), as a float from `pandas.read_csv` (no cell above 999), as text in an
all-string frame and as either in JSON. A numeric, a string and an untyped column each close one of these doors.
The columns that are needed stand in the model's metadata; a missing one is refused by name when predicting.
"""

from pathlib import Path
from typing import Any, final

import pandas as pd
from mlflow.exceptions import MlflowException
from mlflow.models import ModelSignature
from mlflow.types import ColSpec, ParamSchema, ParamSpec, Schema

from songpop.errors import DataError, SongpopError
from songpop.scoring.raw_model import HIGH_POTENTIAL, PROBABILITY, RawModel, day_of

AS_OF = "as_of"  # parameter: YYYY-MM-DD; empty: the day of the training table
SIGNATURE = ModelSignature(
    outputs=Schema([ColSpec("double", PROBABILITY), ColSpec("long", HIGH_POTENTIAL)]),
    params=ParamSchema([ParamSpec(AS_OF, "string", "")]),
)


@final
class PyfuncDoor:
    """The object behind `mlflow.pyfunc.load_model(…).predict`."""

    def __init__(self, model: RawModel) -> None:
        self._model = model

    def predict(self, data: Any, params: dict[str, Any] | None = None) -> pd.DataFrame:
        """Return `probability` and `high_potential` per row.

        Raises:
            MlflowException: with the plain sentence of a DataError or SettingsError; a server answers 400 with it.
        """
        try:
            if not isinstance(data, pd.DataFrame):
                raise DataError(
                    "The model takes a table with named columns (a data frame, CSV, or JSON with dataframe_split or "
                    f"dataframe_records), but it got {type(data).__name__}."
                )
            return self._model.predict(data, day_of((params or {}).get(AS_OF)))
        except SongpopError as error:
            raise MlflowException.invalid_parameter_value(str(error)) from error


def _load_pyfunc(path: str) -> PyfuncDoor:
    """Load the model in the folder `path`; MLflow looks this function up by its name."""
    return PyfuncDoor(RawModel(Path(path)))
