"""Proof that no column, and no two together, give the label away.

Owns: the measurement (rule 4 of the method), and the stop. Does not own: columns that are declared as the label's
source; they are no features in the first place (data/description.py).

A cheap screening drops what cannot be a leak: a tree that may learn its rows by heart ranks them better than any
model ranks rows it has not seen. What is left is cross-validated with a small tree and a logistic regression.

Axes: R rows, one per song; V views of one or two columns (data/views.py).
"""

import warnings
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from joblib import Parallel, delayed, parallel_config
from numpy.typing import NDArray
from scipy.stats import norm, rankdata
from sklearn.exceptions import ConvergenceWarning
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

from songpop.data.description import label_columns, parts_of_leak
from songpop.data.leak_sample import N_FOLDS, Labels, Leak, LeakSample, LeakVerdict
from songpop.data.views import ViewedTable, Views, view_table
from songpop.errors import LeakError
from songpop.settings import DataSettings

N_ROWS_SCREENED = 1_000
# Real pairs reach 0.86 in the screening, leaks 0.98 and more (tests/data/test_data_leakage.py).
SCREENING_MARGIN = 0.04
CONFIDENCE = 0.95  # one-sided


@dataclass(frozen=True, kw_only=True, eq=False)
class _Viewed:
    """A sample, or its beginning, as models see it."""

    views: ViewedTable
    label: Labels  # (R,)
    n_categories: tuple[int, ...]  # per column

    def head(self, n_rows: int) -> "_Viewed":
        return _Viewed(views=self.views.head(n_rows), label=self.label[:n_rows], n_categories=self.n_categories)


def guard_leaks(sample: LeakSample, settings: DataSettings, n_threads: int = -1) -> LeakVerdict:
    """Stop unless every leak is allowed by name.

    Args:
        sample: of the table.
        settings: the group `data`.
        n_threads: that measure; -1: one for each core.

    Raises:
        LeakError: naming each leak that `data.allowed_leaks` does not name, with its AUC.
    """
    found = find_leaks(sample, auc=settings.leak_auc, allowed=settings.allowed_leaks, n_threads=n_threads)
    names = sample.names
    allowed = {frozenset(parts_of_leak(leak, names)) for leak in settings.allowed_leaks}
    forbidden = [leak for leak in found if frozenset(leak.columns) not in allowed]
    if forbidden:
        listed = "; ".join(f"{leak.name} (AUC {leak.auc:.4f}, {leak.model})" for leak in forbidden)
        keys = ", ".join([repr(leak.name) for leak in forbidden] + [repr(name) for name in settings.allowed_leaks])
        raise LeakError(
            f"No feature may give the label `{sample.label_rule}` away, but these do: {listed}. Remove them from "
            f'data.columns, or allow them by name: "data.allowed_leaks=[{keys}]" (every run is then marked as leaky).'
        )
    declared = [name for name in label_columns(settings) if name in names]
    marks = [*declared, *(leak.name for leak in found)]
    return LeakVerdict(allowed=tuple(dict.fromkeys(marks)), found=found)


def find_leaks(sample: LeakSample, *, auc: float, allowed: Iterable[str] = (), n_threads: int = -1) -> tuple[Leak, ...]:
    """Measure which columns and pairs tell the label.

    Args:
        sample: columns and label.
        auc: a leak is what reaches this with the lower bound of its cross-validated AUC.
        allowed: single columns ("A") that are measured, but not looked for in pairs: any pair with a leak leaks.
        n_threads: that measure; -1: one for each core.

    Returns:
        Single columns first, then pairs of the others, each by falling AUC.
    """
    names = sample.columns
    viewed = _Viewed(views=view_table(sample.matrix), label=sample.label, n_categories=sample.n_categories)
    with parallel_config("threading", n_jobs=n_threads):  # threads suffice: a growing tree releases the lock
        singles = _leaks_among([(i,) for i in range(len(names))], viewed, names, auc)
        known = {*allowed, *(leak.name for leak in singles)}
        others = [i for i, name in enumerate(names) if name not in known]
        pairs = _leaks_among(list(combinations(others, 2)), viewed, names, auc)
    return (*singles, *pairs)


def auc_lower_bound(auc: float, n_positive: int, n_negative: int) -> float:
    """Return the one-sided 95 % lower bound of an AUC (Hanley and McNeil, Radiology 143, 1982)."""
    q1, q2 = auc / (2 - auc), 2 * auc**2 / (1 + auc)
    variance = auc * (1 - auc) + (n_positive - 1) * (q1 - auc**2) + (n_negative - 1) * (q2 - auc**2)
    return float(auc - norm.ppf(CONFIDENCE) * np.sqrt(max(variance, 0.0) / (n_positive * n_negative)))


def _leaks_among(
    candidates: Sequence[tuple[int, ...]], sample: _Viewed, names: Sequence[str], auc: float
) -> list[Leak]:
    head = sample.head(N_ROWS_SCREENED)
    scores = Parallel()(delayed(_screen)(columns, head) for columns in candidates)
    suspects = [c for c, score in zip(candidates, scores, strict=True) if score >= auc - SCREENING_MARGIN]
    measured = Parallel()(delayed(_measure)(c, sample, names) for c in suspects)
    return sorted((leak for leak in measured if leak.lower >= auc), key=lambda leak: -leak.auc)


def _screen(columns: tuple[int, ...], head: _Viewed) -> float:
    """Return the AUC of a tree on the rows that it was grown on, those of `head`."""
    views = head.views.of(columns)
    views = np.column_stack((views, _linear_score(views, head.label))).astype(np.float32)
    tree = _tree(columns, head, n_leaves=int(np.clip(len(views) // 30, 4, 32)))
    tree.fit(views, head.label.astype(np.float64), check_input=False)
    return _auc(head.label, tree.predict_proba(views, check_input=False)[:, 1])


def _linear_score(views: Views, label: Labels) -> NDArray[np.float64]:
    """Fit the label by least squares: weighted sums, which a tree cannot see; shape (R,)."""
    x = (views - views.mean(axis=0)) / (views.std(axis=0) + 1e-12)
    # A trace of ridge, since differences and sums depend on the columns they are made of.
    weights = np.linalg.solve(x.T @ x + 1e-6 * len(x) * np.eye(x.shape[1]), x.T @ (label - label.mean()))
    return np.asarray(x @ weights, dtype=np.float64)


def _auc(label: Labels, scores: NDArray[np.float64]) -> float:
    # By ranks: scikit-learn's own checks its arguments for longer than a tree of this size takes to grow.
    n_positive = int(label.sum())
    n_pairs = n_positive * (len(label) - n_positive)
    return float((rankdata(scores)[label == 1].sum() - n_positive * (n_positive + 1) / 2) / n_pairs)


def _measure(columns: tuple[int, ...], sample: _Viewed, names: Sequence[str]) -> Leak:
    views, label = sample.views.of(columns), sample.label
    tree = _tree(columns, sample, n_leaves=32, min_samples_leaf=5)
    logistic = make_pipeline(StandardScaler(), LogisticRegression(C=10.0, solver="newton-cholesky"))
    scores = {"tree": _cross_validated(tree, views, label)}
    scores["logistic regression"] = _cross_validated(logistic, views, label)
    model = max(scores, key=lambda name: scores[name])
    n_positive = int(label.sum())
    return Leak(
        columns=tuple(names[i] for i in columns),
        auc=scores[model],
        lower=auc_lower_bound(scores[model], n_positive, len(label) - n_positive),
        model=model,
    )


def _cross_validated(model: Any, views: Views, label: Labels) -> float:
    folds = StratifiedKFold(N_FOLDS, shuffle=True, random_state=0)
    with warnings.catch_warnings():
        # A leak separates the classes: the weights grow without end, and the ranking no longer changes.
        warnings.simplefilter("ignore", ConvergenceWarning)
        chances = cross_val_predict(model, views, label, cv=folds, method="predict_proba")[:, 1]
    return _auc(label, chances)


def _tree(
    columns: tuple[int, ...], sample: _Viewed, n_leaves: int, min_samples_leaf: int = 1
) -> DecisionTreeClassifier:
    # A category is an index without an order: each value may need a leaf of its own.
    n_leaves = max(n_leaves, *(sample.n_categories[i] for i in columns))
    return DecisionTreeClassifier(max_leaf_nodes=n_leaves, min_samples_leaf=min_samples_leaf, random_state=0)
