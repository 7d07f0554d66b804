"""The report's table of contents: which pictures, in which order, and what each is for."""

from collections.abc import Callable
from dataclasses import dataclass

from songpop.report import champion, course, finals, parameters, regularisation, table
from songpop.report.records import Absence, Picture, Report


@dataclass(frozen=True, kw_only=True)
class Section:
    """A place in the report."""

    key: str  # of its anchor, and of its file
    title: str
    about: str  # what is to be seen
    draw: Callable[[Report], Picture | Absence]


@dataclass(frozen=True, kw_only=True)
class Chapter:
    """Sections that belong together."""

    title: str
    sections: tuple[Section, ...]


def _section(key: str, title: str, draw: Callable[[Report], Picture | Absence]) -> Section:
    return Section(key=key, title=title, about=(draw.__doc__ or "").strip(), draw=draw)


CHAPTERS = (
    Chapter(
        title="What won",
        sections=(
            _section("leaderboard", "Leaderboard", finals.leaderboard),
            _section("finals", "Finals", finals.forest),
            _section("learning-curves", "Learning curves of the finalists", finals.learning_curves),
        ),
    ),
    Chapter(
        title="How good it is",
        sections=(
            _section("confusion", "Confusion matrix", champion.confusion),
            _section("roc", "ROC curve", champion.roc),
            _section("precision-recall", "Precision and recall", champion.precision_recall),
            _section("calibration", "Calibration", champion.calibration),
            _section("threshold", "Threshold", champion.threshold),
            _section("columns", "Which columns it needs", table.column_weights),
        ),
    ),
    Chapter(
        title="Why: penalty, optimizer, parameters",
        sections=(
            _section("regularisation", "Regularisation paths", regularisation.paths),
            _section("optimizers", "Adam against RMSprop", regularisation.optimizers),
            _section("importance", "Importance of parameters", parameters.importance),
            _section("parallel", "Parallel coordinates", parameters.parallel),
            _section("slices", "Slices", parameters.slices),
            _section("contours", "Contours", parameters.contours),
        ),
    ),
    Chapter(
        title="The search",
        sections=(
            _section("best-by-trial", "Best so far, over trials", course.best_over_trials),
            _section("best-by-time", "Best so far, over time", course.best_over_time),
            _section("occupancy", "Slots in use", course.occupancy),
            _section("cost", "What it cost", course.cost),
        ),
    ),
    Chapter(title="The table", sections=(_section("correlations", "Correlations", table.correlations),)),
)
