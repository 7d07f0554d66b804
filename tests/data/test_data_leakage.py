from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest
from tables import SONGS_YAML, described, numeric_table, real_settings, real_table

from songpop.data.leak_sample import LeakSample
from songpop.data.leakage import auc_lower_bound, find_leaks, guard_leaks
from songpop.data.sample import generate_songs
from songpop.data.table import SongTable, load_table
from songpop.errors import LeakError
from songpop.settings import ColumnSettings, DataSettings, LabelSettings

Rng = np.random.Generator
Columns = dict[str, np.ndarray]


def planted(leak: Callable[[Columns, np.ndarray, Rng], Columns], n_rows: int = 1_500, seed: int = 0) -> SongTable:
    """Three honest long-tailed columns, a score, and what `leak` puts in."""
    rng = np.random.default_rng(seed)
    columns = {name: rng.lognormal(8, 2, n_rows) for name in "abc"}
    score = np.log(columns["a"]) + rng.normal(0, 2, n_rows)
    columns = leak(columns, score, rng) | {}
    score = columns.pop("score", score)
    return numeric_table(columns, score > np.median(score))


def two_normal(score: np.ndarray, rng: Rng, made: Callable[[np.ndarray, np.ndarray], np.ndarray]) -> Columns:
    m, n = rng.normal(size=(2, len(score)))
    return {"m": m, "n": n, "score": made(m, n)}


LEAKS: dict[str, tuple[Callable[[Columns, np.ndarray, Rng], Columns], tuple[str, ...]]] = {
    "copy": (lambda c, s, r: {**c, "leak": s}, ("leak",)),
    "falling copy": (lambda c, s, r: {**c, "leak": -s}, ("leak",)),
    "with noise": (lambda c, s, r: {**c, "leak": s + r.normal(0, 0.08 * s.std(), len(s))}, ("leak",)),
    "monotone": (lambda c, s, r: {**c, "leak": np.exp(3 * s)}, ("leak",)),
    "bent": (lambda c, s, r: {**c, "leak": np.abs(s - np.median(s)) * np.where(s > np.median(s), 1, 1e-3)}, ("leak",)),
    "band": (lambda c, s, r: {**c, "leak": np.where(s > np.median(s), 1, r.choice([0, 2], len(s)))}, ("leak",)),
    "missing": (lambda c, s, r: {**c, "leak": np.where(s > np.median(s), np.nan, c["b"])}, ("leak",)),
    "sum": (lambda c, s, r: {**c, "score": c["a"] + c["b"]}, ("a", "b")),
    "weighted sum": (lambda c, s, r: two_normal(s, r, lambda m, n: m - 2.7 * n), ("m", "n")),
    "difference": (lambda c, s, r: {**c, "leak": c["a"] - s, "score": s}, ("a", "leak")),
    "ratio": (lambda c, s, r: {**c, "score": c["a"] / c["b"]}, ("a", "b")),
    "product": (lambda c, s, r: {**c, "score": c["a"] * c["b"] ** 2}, ("a", "b")),
}


@pytest.mark.parametrize("name", LEAKS)
def test_planted_leaks_are_found_and_nothing_else(name: str) -> None:
    leak, columns = LEAKS[name]
    found = find_leaks(LeakSample.of(planted(leak)), auc=0.99)
    assert [set(one.columns) for one in found] == [set(columns)]
    assert found[0].lower >= 0.99
    assert found[0].auc >= found[0].lower


def test_honest_columns_pass_even_where_one_is_strong() -> None:
    table = planted(lambda c, s, r: {**c, "strong": s + r.normal(0, 0.5 * s.std(), len(s))})
    assert find_leaks(LeakSample.of(table), auc=0.99) == ()
    assert [leak.name for leak in find_leaks(LeakSample.of(table), auc=0.90)] == ["strong"]


def test_columns_that_know_the_song_are_no_leak() -> None:
    # Each song stands there five times: a tree could know it again by its number, in another fold.
    rng = np.random.default_rng(0)
    number = np.repeat(np.arange(300), 5)
    label = np.repeat(rng.permutation(np.arange(300) % 2), 5)
    table = numeric_table({"number": number, "x": rng.normal(size=1_500)}, label, code=number.astype(str))
    assert find_leaks(LeakSample.of(table), auc=0.99) == ()


def test_rare_positives_are_measured() -> None:
    rng = np.random.default_rng(0)
    x = rng.normal(size=20_000)
    table = numeric_table({"x": x, "y": rng.normal(size=20_000)}, x > np.quantile(x, 0.998))
    assert [leak.name for leak in find_leaks(LeakSample.of(table), auc=0.99)] == ["x"]


def test_a_category_leaks_without_an_order() -> None:
    rng = np.random.default_rng(0)
    genre = rng.integers(0, 60, 2_000)
    hit = rng.permutation(np.arange(60) % 2)[genre]
    settings = DataSettings(
        columns=ColumnSettings(categories=["genre"], numbers=["x"]), label=LabelSettings(column="score")
    )

    frame = pd.DataFrame(
        {"genre": [f"g{n}" for n in genre], "x": rng.normal(size=2_000), "score": hit + rng.random(2_000)}
    )
    assert [leak.name for leak in find_leaks(LeakSample.of(load_table(settings, frame=frame)), auc=0.97)] == ["genre"]


def settings_that_allow(*leaks: str) -> DataSettings:
    return DataSettings(label=LabelSettings(column="hit"), allowed_leaks=list(leaks))


def test_the_guard_names_each_leak_and_the_key() -> None:
    table = planted(LEAKS["ratio"][0])
    with pytest.raises(LeakError, match=r"a \+ b \(AUC (0\.99|1\.0)\d+, .*data.allowed_leaks=\['a \+ b'\]"):
        guard_leaks(LeakSample.of(table), settings_that_allow())


@pytest.mark.parametrize(
    ("leak", "allowed"), [("ratio", "a + b"), ("ratio", "b + a"), ("copy", "leak"), ("ratio", "a")]
)
def test_allowed_leaks_pass_and_are_kept_on_record(leak: str, allowed: str) -> None:
    verdict = guard_leaks(LeakSample.of(planted(LEAKS[leak][0])), settings_that_allow(allowed))
    if allowed != "a":  # a pair with a column that is allowed alone is not looked for
        assert len(verdict.found) == 1
        assert set(verdict.allowed[0].split(" + ")) == set(allowed.split(" + "))


def test_an_allowed_source_marks_the_run_even_if_it_is_weak() -> None:
    table = planted(lambda c, s, r: c)
    settings = settings_that_allow("b")
    settings.label.sources = ["b"]
    verdict = guard_leaks(LeakSample.of(table), settings)
    assert verdict.found == ()
    assert verdict.allowed == ("b",)


def test_the_lower_bound_is_a_bound() -> None:
    assert auc_lower_bound(1.0, 50, 50) == 1.0
    assert auc_lower_bound(0.9, 100, 100) < auc_lower_bound(0.9, 1_000, 1_000) < 0.9
    # Hanley and McNeil's own example: area 0.893 from 58 normal and 51 abnormal cases, standard error 0.032.
    assert 0.893 - auc_lower_bound(0.893, 51, 58) == pytest.approx(1.645 * 0.032, abs=0.002)


@real_table
@pytest.mark.slow
def test_the_real_table_is_honest() -> None:
    settings = real_settings()
    verdict = guard_leaks(LeakSample.of(load_table(settings)), settings)
    assert verdict.found == ()
    assert verdict.allowed == ()


@real_table
@pytest.mark.slow
@pytest.mark.parametrize("name", ["Track Score", "All Time Rank"])
def test_the_score_and_the_rank_stop_the_run(name: str) -> None:
    settings = real_settings(allowed_leaks=[name])
    table = load_table(settings)
    assert guard_leaks(LeakSample.of(table), settings).allowed == (name,)
    with pytest.raises(LeakError, match=rf"{name} \(AUC .*data.allowed_leaks=\['{name}'\]"):
        guard_leaks(LeakSample.of(table), real_settings())


@pytest.mark.slow
def test_the_generated_table_is_honest() -> None:
    settings = described(SONGS_YAML)
    assert guard_leaks(LeakSample.of(load_table(settings, frame=generate_songs())), settings).found == ()
