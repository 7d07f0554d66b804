"""Who gives trials up: Optuna's pruners, with `min_epochs` as the first epoch at which any of them may stop a trial.

Steps are epochs, counted from 1.
"""

import warnings
from collections.abc import Callable, Mapping
from types import MappingProxyType

from optuna.exceptions import ExperimentalWarning
from optuna.pruners import (
    BasePruner,
    HyperbandPruner,
    MedianPruner,
    NopPruner,
    PatientPruner,
    SuccessiveHalvingPruner,
)

from songpop.settings import PrunerKind, PrunerSettings


def build_pruner(settings: PrunerSettings, n_epochs: int) -> BasePruner:
    """Return the pruner that the settings name.

    Args:
        settings: kind and options.
        n_epochs: the most epochs that a trial can have; hyperband's brackets reckon with it.
    """
    return _PRUNERS[settings.kind](settings, n_epochs)


def _asha(settings: PrunerSettings, n_epochs: int) -> BasePruner:
    return SuccessiveHalvingPruner(min_resource=settings.min_epochs, reduction_factor=settings.reduction_factor)


def _hyperband(settings: PrunerSettings, n_epochs: int) -> BasePruner:
    return HyperbandPruner(
        min_resource=min(settings.min_epochs, n_epochs),
        max_resource=n_epochs,
        reduction_factor=settings.reduction_factor,
    )


def _median(settings: PrunerSettings, n_epochs: int) -> BasePruner:
    # Optuna stops from step == n_warmup_steps on, so that is the first epoch at which it may.
    return MedianPruner(n_startup_trials=settings.n_startup_trials, n_warmup_steps=settings.min_epochs)


def _patient(settings: PrunerSettings, n_epochs: int) -> BasePruner:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ExperimentalWarning)  # it has been "experimental" since version 2.8
        return PatientPruner(None, patience=settings.patience)


_PRUNERS: Mapping[PrunerKind, Callable[[PrunerSettings, int], BasePruner]] = MappingProxyType(
    {
        PrunerKind.none: lambda settings, n_epochs: NopPruner(),
        PrunerKind.median: _median,
        PrunerKind.asha: _asha,
        PrunerKind.hyperband: _hyperband,
        PrunerKind.patient: _patient,
    }
)
