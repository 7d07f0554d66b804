"""The circumstances of a sweep: interpreter, machine, packages, lock, commit.

Owns: finding them out. Does not own: where they are kept (runs.py).
"""

import hashlib
import json
import os
import platform
import subprocess
from dataclasses import asdict, dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from songpop.models.machine import machine_class

PACKAGES = ("songpop", "tensorflow", "keras", "numpy", "numba", "pandas", "scikit-learn", "scipy", "optuna", "mlflow",
            "hydra-core")  # fmt: skip
GIT_TIMEOUT_S = 10.0


@dataclass(frozen=True, kw_only=True)
class Environment:
    """What to know when a number cannot be reproduced."""

    python: str
    platform: str
    machine: str
    machine_class: str  # what decides how it rounds
    n_cpus: int
    packages: dict[str, str]  # name → version
    lock_digest: str | None  # SHA-256 of requirements.lock; None where songpop runs without its repository
    commit: str | None  # of the repository; None where there is none
    is_dirty: bool | None  # uncommitted changes of tracked files

    def to_json(self) -> str:
        """Return it as a file has it."""
        return json.dumps(asdict(self), indent=2)

    @property
    def digest(self) -> str:
        """What tells it from others: twelve hexadecimal digits."""
        return hashlib.sha256(self.to_json().encode()).hexdigest()[:12]


def environment(repository: Path) -> Environment:
    """Find out the circumstances.

    Args:
        repository: folder with `requirements.lock` and `.git`, where there are such.
    """
    lock = repository / "requirements.lock"
    commit = _git(repository, "rev-parse", "HEAD")
    changes = _git(repository, "status", "--porcelain", "--untracked-files=no")
    return Environment(
        python=platform.python_version(),
        platform=platform.platform(),
        machine=platform.machine(),
        machine_class=machine_class(),
        n_cpus=os.cpu_count() or 1,
        packages={name: found for name in PACKAGES if (found := _version(name))},
        lock_digest=hashlib.sha256(lock.read_bytes()).hexdigest() if lock.is_file() else None,
        commit=commit,
        is_dirty=None if commit is None else bool(changes),
    )


def _version(package: str) -> str | None:
    try:
        return version(package)
    except PackageNotFoundError:  # for example keras-tuner, which not every installation has
        return None


def _git(repository: Path, *arguments: str) -> str | None:
    """Return what git says; None without git, or where `repository` is not the top of a checkout."""
    if not (repository / ".git").exists():
        return None
    try:
        done = subprocess.run(
            ["git", "-C", str(repository), *arguments],
            capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=True,
        )  # fmt: skip
    except (OSError, subprocess.SubprocessError):  # no git here: the commit is unknown, and None says so
        return None
    return done.stdout.strip()
