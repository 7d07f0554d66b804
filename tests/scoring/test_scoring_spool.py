"""The spool: rows come back in any order, from any pieces, and there is never a file with a name."""

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from songpop.scoring.spool import Spool


def frame(cells: list[str]) -> pd.DataFrame:
    return pd.DataFrame({"a": cells, "b, c": [cell[::-1] for cell in cells]}, dtype="str")


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    st.lists(st.lists(st.text(st.characters(codec="utf-8")), max_size=5), min_size=1, max_size=5),
    st.integers(1, 7),
    st.randoms(use_true_random=False),
)
def test_any_order_of_any_pieces(tmp_path: Path, pieces: list[list[str]], n_rows: int, random) -> None:
    whole = [cell for piece in pieces for cell in piece]
    order = list(range(len(whole)))
    random.shuffle(order)
    with Spool(tmp_path) as spool:
        for piece in pieces:
            spool.append(frame(piece))
        assert not list(tmp_path.iterdir()), "a killed process leaves nothing"
        found = list(spool.pieces(np.array(order, dtype=np.int64), n_rows))
    assert all(len(piece) <= n_rows for piece in found)
    pd.testing.assert_frame_equal(pd.concat(found, ignore_index=True), frame([whole[k] for k in order]))


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    def fail() -> None:
        with Spool(tmp_path) as spool:
            spool.append(frame(["x"]))
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert not list(tmp_path.iterdir())
