import pandas as pd
import pytest

from songpop.data.sample import generate_songs


@pytest.fixture(scope="session")
def songs() -> pd.DataFrame:
    return generate_songs(n_rows=600, seed=3)
