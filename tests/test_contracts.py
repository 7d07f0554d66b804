"""The records through which parts meet: frozen, by name only, with defaults that a network can have."""

import ast
import dataclasses
import inspect
import pickle
from pathlib import Path

import numpy as np
import pytest

import songpop.contracts
from songpop.contracts import Done, Params, Task, TrialResult, TrialSpec, TrialState, Wait
from songpop.space.legal import check_value

RECORDS = [
    item
    for _, item in inspect.getmembers(songpop.contracts, inspect.isclass)
    if dataclasses.is_dataclass(item) and item.__module__ == "songpop.contracts"
]
WITH_ARRAYS = {"TrialResult", "Split", "Part", "Task"}
SPEC = TrialSpec(trial=3, params=Params(), seed=7, n_epochs=5, patience=None)


def result(**changes: object) -> TrialResult:
    values: dict[str, object] = {
        "spec": SPEC,
        "state": TrialState.COMPLETE,
        "history": (),
        "metrics": {"val_log_loss": 0.25, "val_loss": 0.5},
        "best_epoch": 1,
        "weights": (np.zeros((2, 2), np.float32),),
        "val_predictions": np.zeros(2, np.float32),
        "started_at_s": 0.0,
        "wall_s": 1.0,
    }
    return TrialResult(**{**values, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("record", RECORDS, ids=lambda record: record.__name__)
def test_records_are_frozen_described_and_taken_by_name(record: type) -> None:
    params = record.__dataclass_params__  # type: ignore[attr-defined]
    assert params.frozen
    assert record.__doc__
    assert not record.__doc__.startswith(f"{record.__name__}(")
    assert all(field.kw_only for field in dataclasses.fields(record)) or record is Done
    # Arrays have no truth value: such records are compared by identity, or `==` would raise.
    assert params.eq is (record.__name__ not in WITH_ARRAYS)


@pytest.mark.parametrize("field", dataclasses.fields(Params), ids=lambda field: field.name)
def test_every_default_is_a_value_that_a_space_may_give(field: "dataclasses.Field[object]") -> None:
    assert check_value(field.name, field.name, field.default) == field.default


def test_a_spec_cannot_be_changed_behind_the_engines_back() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        SPEC.params.learning_rate = 1.0  # type: ignore[misc]


def test_two_configurations_are_one_if_their_values_are() -> None:
    assert len({Params(), Params(), Params(l2=0.5)}) == 2


def test_the_objective_is_the_log_loss_without_penalty() -> None:
    assert result().value == 0.25
    assert np.isnan(result(state=TrialState.FAILED, metrics={}).value)


def test_results_and_specs_go_between_processes() -> None:
    sent = pickle.loads(pickle.dumps(result()))
    assert sent.spec == SPEC
    assert np.array_equal(sent.weights[0], result().weights[0])  # type: ignore[index]
    assert pickle.loads(pickle.dumps((Wait(), Done("over")))) == (Wait(), Done("over"))


def test_records_with_arrays_are_compared_by_identity() -> None:
    one = Task(train=None, validation=None)  # type: ignore[arg-type]
    assert one == one
    assert one != Task(train=None, validation=None)  # type: ignore[arg-type]


def test_contracts_know_no_framework() -> None:
    tree = ast.parse(Path(songpop.contracts.__file__).read_text(encoding="utf-8"))
    names = {node.module.split(".")[0] for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module}
    names |= {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    assert names <= {"collections", "dataclasses", "enum", "typing", "numpy"}
