"""The bounds of a promotion: one key per gate that has one."""

from dataclasses import dataclass, field

# What a sweep trains beside its models, on the same rows, so that promotion knows what is easily reached.
BASELINES = ("majority class", "logistic regression", "gradient boosting")


@dataclass
class GateSettings:
    """Bounds of the gates; every gate is run and recorded, whatever the others say."""

    min_seeds: int = 3  # with fewer seeds its configuration was trained, and chosen by luck: refused
    fresh_process: float = 1e-5  # largest difference of a probability (float32), once loaded where songpop is not
    fresh_process_timeout_s: float = 120.0  # a new process that takes longer: refused

    # to be beaten on the sealed rows
    baselines: list[str] = field(default_factory=lambda: list(BASELINES))
    # the same for a model of the built-in table, where boosting is better than networks: its songs do not exist, it can
    # take nobody's place who knows real ones, and shall show the way to a champion rather than be one
    generated_baselines: list[str] = field(default_factory=lambda: list(BASELINES[:2]))
    baseline_margin: float = 0.0  # by how much log loss, on average, each of them must be beaten
    baseline_interval: bool = False  # true: also the upper end of the 95 % interval must be beyond the margin
    champion_margin: float = 0.02  # upper end of the 95 % interval of (candidate - champion), in log loss
    min_comparable_rows: int = 100  # fewer sealed rows that neither model was trained on: refused
    calibration: float = 0.1  # largest expected calibration error on the sealed rows
    latency_1_ms: float = 250.0  # median time to predict one row
    latency_1000_ms: float = 2_000.0  # median time to predict 1,000 rows
    size_mb: float = 50.0  # largest model file, in millions of bytes
