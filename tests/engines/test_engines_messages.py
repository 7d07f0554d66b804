import pickle

import pytest
from engine_suite import SPEC

from songpop.contracts import EpochReport
from songpop.engines.messages import Ended, Failure, Reported, Start, Stop
from songpop.errors import SettingsError

MESSAGES = [
    Ended(n_traces=2),
    Start(specs=(SPEC,)),
    Reported(reports=(EpochReport(trial=1, epoch=2, metrics={"val_log_loss": 0.5}),)),
    Stop(trials=frozenset({1})),
    Failure(error=SettingsError("`a` must be b."), traceback="…", is_memory=False),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: type(message).__name__)
def test_messages_travel(message: object) -> None:
    assert repr(pickle.loads(pickle.dumps(message))) == repr(message)
    assert len(pickle.dumps(message)) < 2_000
