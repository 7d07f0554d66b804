"""What is named as a possible cause."""

from pathlib import Path
from typing import Any

import pytest
from replay_records import ENVIRONMENT

from songpop.replay.circumstances import changes

THEN: dict[str, Any] = {
    **ENVIRONMENT,
    "packages": {"keras": "3.15.0", "numpy": "2.4.1", "torch": "2.13"},
    "commit": "a" * 40,
    "is_dirty": False,
    "lock_digest": "b" * 64,
    "platform": "Linux-6.1.0-x86_64-with-glibc2.36-of-a-rather-long-name",
}


@pytest.mark.parametrize(
    ("now", "told"),
    [
        ({}, ()),
        (
            {"packages": {"keras": "3.16.0", "numpy": "2.4.1", "numba": "0.68"}},
            (
                "keras 3.15.0, now 3.16.0",
                "torch 2.13, now not installed",
                "numba not installed, now 0.68",
            ),
        ),
        ({"commit": "c" * 40}, ("commit aaaaaaaaaaaa, now cccccccccccc",)),
        ({"is_dirty": True}, ("uncommitted changes no, now yes",)),
        ({"commit": None}, ("commit aaaaaaaaaaaa, now unknown",)),
        ({"lock_digest": "d" * 64}, ("requirements.lock bbbbbbbbbbbb, now dddddddddddd",)),
        ({"machine_class": "arm64"}, ("machine x86_64 znver3 avx2 fma, now arm64",)),
        ({"platform": "Linux"}, ("platform Linux-6.1.0-x86_64-with-glibc2.36-of-a-rather-long-name, now Linux",)),
        ({"n_cpus": 64}, ()),  # results do not depend on it
    ],
)  # fmt: skip
def test_what_differs_is_told(now: dict[str, Any], told: tuple[str, ...]) -> None:
    assert changes(THEN, {**THEN, **now}) == told


def test_what_was_not_recorded_is_not_a_change() -> None:
    assert changes({}, THEN) == ("the packages are not on the record",)


def test_the_environment_of_this_process_is_as_it_is(tmp_path: Path) -> None:
    from dataclasses import asdict

    from songpop.tracking.environment import environment

    assert changes(asdict(environment(tmp_path)), asdict(environment(tmp_path))) == ()
