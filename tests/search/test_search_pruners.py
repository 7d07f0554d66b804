import warnings

import pytest
from optuna.pruners import HyperbandPruner, MedianPruner, NopPruner, PatientPruner, SuccessiveHalvingPruner

from songpop.search.pruners import build_pruner
from songpop.settings import PrunerKind, PrunerSettings

EXPECTED = {
    PrunerKind.none: NopPruner,
    PrunerKind.median: MedianPruner,
    PrunerKind.asha: SuccessiveHalvingPruner,
    PrunerKind.hyperband: HyperbandPruner,
    PrunerKind.patient: PatientPruner,
}


@pytest.mark.parametrize("kind", PrunerKind)
@pytest.mark.parametrize("n_epochs", [1, 30])
def test_every_kind_can_be_built_in_silence(kind: PrunerKind, n_epochs: int) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert type(build_pruner(PrunerSettings(kind=kind), n_epochs)) is EXPECTED[kind]
