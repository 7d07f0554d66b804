"""What the metrics in MLflow are called and mean: one name for one thing, in trials, finals, sweeps and models.

Owns: the names, as a table. Does not own: measuring, how they are written for people (wording.py). A test walks every
run and holds its metrics against this. Pure.
"""

import re
from dataclasses import dataclass

_OF_PREDICTIONS = r"(loss|log_loss|accuracy|precision|recall|f1|specificity|roc_auc|pr_auc|calibration_error)"


@dataclass(frozen=True, kw_only=True)
class MetricName:
    """A name, or a pattern of names, and what it means."""

    pattern: str  # a regular expression for the whole name
    means: str


METRIC_NAMES: tuple[MetricName, ...] = (
    MetricName(pattern="loss", means="on training rows after each epoch, with the penalty, as Keras has it"),
    MetricName(pattern="learning_rate", means="in each epoch"),
    MetricName(pattern=f"val_{_OF_PREDICTIONS}", means="on validation rows after each epoch; val_loss has the penalty"),
    MetricName(pattern=f"best_val_{_OF_PREDICTIONS}", means="the same of the kept weights; of a sweep, its champion's"),
    MetricName(pattern="best_epoch", means="the epoch whose weights were kept"),
    MetricName(pattern="n_epochs", means="epochs that the trial had"),
    MetricName(pattern="wall_s", means="seconds that it took"),
    MetricName(pattern="n_(complete|pruned|failed)", means="so many trials of a sweep ended like this"),
    MetricName(pattern="finals_val_log_loss_(mean|low|high)", means="of the finals' winner, with its 95 % interval"),
    MetricName(pattern="finals_shrinkage", means="by how much the search's best looked better than it is"),
    MetricName(
        pattern="(best_)?score", means="of a tracked KerasTuner's trial, by its objective; the best of a search"
    ),
    MetricName(pattern=f"test_{_OF_PREDICTIONS}", means="on the test rows, called positive above 0.5"),
    MetricName(
        pattern=rf"[\w-]+_test_{_OF_PREDICTIONS}_(mean|low|high)",
        means="of a fixed model of a training: mean over its seeds, and the ends of the 95 % interval",
    ),
)

# What one sorts trials by; each trial and each run of the finals that did not fail has all of them.
SORTED_BY = ("best_val_log_loss", "best_val_accuracy", "best_val_roc_auc", "best_epoch", "n_epochs", "wall_s")


def meaning_of(name: str) -> str | None:
    """Return what a metric means; None where the name is not one of songpop's."""
    return next((one.means for one in METRIC_NAMES if re.fullmatch(one.pattern, name)), None)
