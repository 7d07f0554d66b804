import pandas as pd
import pytest

from songpop.data.labels import label_of
from songpop.data.parsing import CellFormat
from songpop.errors import DataError, SettingsError
from songpop.settings import LabelRule, LabelSettings

RAW = pd.DataFrame(
    {"score": ["1,000", "2.5", " 30", "30"], "hit": ["yes", "no", "no", "no"], "gap": ["1", "", "", "2"]},
    index=pd.Index([2, 3, 5, 6], name="line"),
    dtype="str",
)
FORM = CellFormat()


@pytest.mark.parametrize(
    ("column", "rule", "value", "label", "words", "threshold"),
    [
        ("score", LabelRule.above_median, None, [1, 0, 0, 0], "score > 30 (its median)", 30.0),
        ("score", LabelRule.above, "2.5", [1, 0, 1, 1], "score > 2.5", 2.5),
        ("hit", LabelRule.equals, "yes", [1, 0, 0, 0], "hit = yes", None),
        ("score", LabelRule.equals, "30", [0, 0, 1, 1], "score = 30", None),
    ],
)
def test_rules(
    column: str, rule: LabelRule, value: str | None, label: list[int], words: str, threshold: float | None
) -> None:
    made = label_of(RAW, LabelSettings(column=column, rule=rule, value=value), FORM)
    assert made.values.tolist() == label
    assert made.values.dtype == "int8"
    assert made.rule == words
    assert made.threshold == threshold


@pytest.mark.parametrize("rule", LabelRule)
def test_an_empty_label_is_refused(rule: LabelRule) -> None:
    with pytest.raises(DataError, match=r"'gap' must have no empty cell, but 2 rows have none, the first in line 3"):
        label_of(RAW, LabelSettings(column="gap", rule=rule, value="1"), FORM)


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        (LabelRule.above, "2000", r"rule `score > 2000` all 4 rows are negative"),
        (LabelRule.above, "0", r"all 4 rows are positive"),
        (LabelRule.equals, "x", r"rule `score = x` all 4 rows are negative"),
    ],
)
def test_one_class_is_refused(rule: LabelRule, value: str, message: str) -> None:
    with pytest.raises(DataError, match=message):
        label_of(RAW, LabelSettings(column="score", rule=rule, value=value), FORM)


def test_a_label_that_is_no_number_is_refused() -> None:
    with pytest.raises(DataError, match=r"'hit' must hold finite numbers.*line 2 has 'yes'"):
        label_of(RAW, LabelSettings(column="hit"), FORM)


@pytest.mark.parametrize(
    ("rule", "value", "message"),
    [
        (LabelRule.above, None, "`data.label.value` must be given with `data.label.rule=above`"),
        (LabelRule.equals, None, "`data.label.value` must be given"),
        (LabelRule.above, "high", "must be a number .* but it is 'high'"),
    ],
)
def test_a_value_that_does_not_fit_the_rule(rule: LabelRule, value: str | None, message: str) -> None:
    with pytest.raises(SettingsError, match=message):
        label_of(RAW, LabelSettings(column="score", rule=rule, value=value), FORM)
