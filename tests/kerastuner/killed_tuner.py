"""A tracked search of eight trials that a test kills: killed_tuner.py FOLDER."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))
from tuning import FIT, build_model

from songpop.kerastuner import OptunaOracle, TrackedTuner

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    oracle = OptunaOracle(objective="val_loss", max_trials=8, seed=0)
    tuner = TrackedTuner(oracle, build_model, directory=str(folder), project_name="mine", root=folder / "mlruns")
    tuner.search(**FIT, epochs=3)
