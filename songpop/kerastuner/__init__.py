"""For those who write their search with KerasTuner: Optuna's samplers and pruners, songpop's spaces, MLflow's record.

Owns: what a keras_tuner.Tuner is given. Does not own: `songpop sweep search=kerastuner`, where it is KerasTuner that
serves songpop (search). docs/how-to/use-with-kerastuner.md shows a script before and after.
"""

from songpop.kerastuner.hypermodel import SpaceHyperModel
from songpop.kerastuner.oracle import OptunaOracle
from songpop.kerastuner.pruning import PruningCallback
from songpop.kerastuner.songs import song_task, space_named
from songpop.kerastuner.tuner import TrackedTuner

__all__ = ["OptunaOracle", "PruningCallback", "SpaceHyperModel", "TrackedTuner", "song_task", "space_named"]
