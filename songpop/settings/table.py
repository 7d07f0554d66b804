"""What a table is, and the rules by which it is cut and preprocessed."""

from dataclasses import dataclass, field
from enum import Enum


class LabelRule(Enum):
    """When a row is positive."""

    above_median = "above_median"  # strictly above the median of `label.column`
    above = "above"  # strictly above `label.value`
    equals = "equals"  # the cell is `label.value`


@dataclass
class LabelSettings:
    """What is to be predicted."""

    column: str = "Track Score"  # the column the label is made of
    rule: LabelRule = LabelRule.above_median  # when a row is positive
    value: str | None = None  # for `above` (a number) and `equals` (a text)
    sources: list[str] = field(default_factory=list)  # columns that hold the answer; removed from the features


@dataclass
class ColumnSettings:
    """Which column is what; a column of the file that is not named here is reported and not used."""

    counts: list[str] = field(default_factory=list)  # not negative, long-tailed; logs are taken
    numbers: list[str] = field(default_factory=list)  # any number
    flags: list[str] = field(default_factory=list)  # 0 or 1
    dates: list[str] = field(default_factory=list)  # become ages in days
    categories: list[str] = field(default_factory=list)  # text with few values; one input each
    text: list[str] = field(default_factory=list)  # known, not used as features


@dataclass
class IdentitySettings:
    """Which columns say that two rows are the same song; such rows stay in one part."""

    title: str | None = None  # of the song; with the artist it says who is the same
    artist: str | None = None  # also the group of split=by_artist
    code: str | None = None  # a unique code, such as the ISRC
    date: str | None = None  # the date of split=by_release_date


@dataclass
class DataSettings:
    """How a table is read."""

    name: str = "songs"  # part of the sweep's default name
    path: str | None = None  # the CSV file; data=sample generates its table instead
    generated: bool = False  # true: the built-in table, no file
    encoding: str = "utf-8"  # of the file, as Python calls it
    separator: str = ","  # between cells, one character
    decimal: str = "."  # sign in numbers
    thousands: str | None = ","  # sign between groups of three digits; null: there is none
    date_format: str = "%Y-%m-%d"  # of dates, in the signs of strftime
    columns: ColumnSettings = field(default_factory=ColumnSettings)
    label: LabelSettings = field(default_factory=LabelSettings)
    identity: IdentitySettings = field(default_factory=IdentitySettings)
    as_of: str | None = None  # ages count from this date (YYYY-MM-DD); default: the newest date in the table
    drop_duplicates: bool = True  # rows that repeat exactly
    allowed_leaks: list[str] = field(default_factory=list)  # columns ("A") or pairs ("A + B") that may stay
    leak_auc: float = 0.99  # lower bound of the AUC from which a column counts as a leak
    max_categories: int = 100  # a category column with more values is refused


class SplitKind(Enum):
    """Who goes into which part."""

    stratified = "stratified"
    by_artist = "by_artist"
    by_release_date = "by_release_date"
    published = "published"


@dataclass
class SplitSettings:
    """The parts: train, validation, test."""

    kind: SplitKind = SplitKind.stratified  # who goes into which part
    seed: int = 0  # other seeds give other parts
    test: float = 0.2  # share of the table
    validation: float = 0.16  # share of the table


class ProtocolName(Enum):
    """Whose rules count."""

    honest = "honest"
    published = "published"


@dataclass
class ProtocolSettings:
    """The rules of a comparison; options of this group also choose `split` and `features`."""

    name: ProtocolName = ProtocolName.honest  # whose rules
    watch: str = "val_log_loss"  # early stopping, best weights and plateau: val_log_loss, or val_loss with penalty


class FeatureKind(Enum):
    """Which preprocessing sits in front of the network."""

    logs = "logs"  # logs of counts, missing flags, ages, one-hot categories, standardised
    published = "published"  # column means for missing values, min-max scaling


class FeatureBlock(Enum):
    """Features beside the values (models/blocks.py); `model.inputs`, or a space, says which a network is given."""

    rates = "rates"  # counts by days since release, standardised
    log_rates = "log_rates"  # their logarithms
    ratios = "ratios"  # each count by the geometric mean of the row's counts
    ages = "ages"  # logarithms of the ages alone
    robust = "robust"  # values by median and quartiles, far ones drawn in
    quantiles = "quantiles"  # each value's place among the training values
    pieces = "pieces"  # piecewise-linear encoding of the values
    patterns = "patterns"  # how many cells are missing
    calendar = "calendar"  # sine and cosine of each date's day of the year and weekday
    names = "names"  # how many other training rows have the row's artist


class FitOn(Enum):
    """Which rows the preprocessing is fitted on."""

    train = "train"
    table = "table"  # as published: the whole table, test rows included


@dataclass
class FeatureSettings:
    """The preprocessing inside the model."""

    kind: FeatureKind = FeatureKind.logs  # which preprocessing
    extra: list[FeatureBlock] = field(default_factory=list)  # blocks of features beside those of `kind`
    n_pieces: int = 16  # between quantiles, at most, of each value in the blocks `pieces` and `quantiles`
    fit_on: FitOn = FitOn.train  # which rows it is fitted on
    use_dates: bool = True  # false: ages are left out
