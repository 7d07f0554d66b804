"""Disks that are really full: a small file system of their own for the study, the tracking store, the artifacts.

Whoever is not root mounts it too, in a namespace of its own (`unshare`); where the kernel forbids that, the tests are
skipped, and the limit on a file's size is left.
"""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from children import LEAN, SABOTEUR, environment, said
from small_sweeps import assert_sound, kept_trials

UNSHARE = ["unshare", "--user", "--map-root-user", "--mount"]
# A sweep on a disk that becomes full, the same one when there is room, and what must hold then: the disk is gone with
# the namespace, so all of it is one script.
SCRIPT = """
mkdir -p "$DISK" && mount -t tmpfs -o size="$SIZE" tmpfs "$DISK" || exit 77
"$@" >first.json; echo "$?" >first.status
cat mlruns/studies/study.journal >first.journal
mount -o remount,size=200m tmpfs "$DISK"
"$@" >second.json; echo "$?" >second.status
python -c "
from pathlib import Path
from small_sweeps import assert_sound, examined
assert examined(Path('mlruns'), mend=True).is_well
assert_sound(Path('mlruns'), n_trials=$N_TRIALS)
" && touch sound
cp mlruns/studies/study.journal whole.journal
"""


def swept_on_a_small_disk(disk: str, size: str, n_trials: int, words: list[str], cwd: Path) -> None:
    """Fill `disk` by a sweep, make room, go on; assert that nothing was lost."""
    if (
        shutil.which("unshare") is None
        or subprocess.run([*UNSHARE, "true"], capture_output=True, check=False).returncode
    ):
        pytest.skip("no small disk can be mounted here: unshare is missing, or the kernel forbids it")
    given = {"DISK": str(cwd / disk), "SIZE": size, "N_TRIALS": str(n_trials)}
    path = f"{Path(sys.executable).parent}:{environment()['PATH']}"
    with (cwd / "stderr.txt").open("w") as stderr:
        done = subprocess.run(
            [*UNSHARE, "bash", "-c", SCRIPT, "bash", *words],
            cwd=cwd, env={**environment(), **given, "PATH": path}, stderr=stderr, timeout=280, check=False,
        )  # fmt: skip
    assert done.returncode != 77, f"mount: {said(cwd)}"
    assert (cwd / "first.status").read_text().strip() not in ("0", ""), "the disk was large enough"
    assert "No space left" in said(cwd) or "the disk is full" in said(cwd), said(cwd)
    assert (cwd / "second.status").read_text().strip() == "0", said(cwd)
    assert (cwd / "sound").exists(), said(cwd)


def small_words(n_trials: int) -> list[str]:
    return [sys.executable, str(SABOTEUR), "nothing", "0", "small", "mlruns", str(n_trials)]


def cli_words(n_trials: int) -> list[str]:
    words = [*LEAN, "train.epochs=3", f"search.n_trials={n_trials}"]
    return [sys.executable, str(SABOTEUR), "nothing", "0", "cli", *words]


@pytest.mark.slow
def test_no_room_for_the_study(tmp_path: Path) -> None:
    swept_on_a_small_disk("mlruns/studies", "16k", 60, small_words(60), tmp_path)
    first, whole = (path.read_bytes() for path in (tmp_path / "first.journal", tmp_path / "whole.journal"))
    assert first.count(b'"op_code":4') > 5
    assert whole.startswith(first)  # what was kept before is kept


@pytest.mark.survive
@pytest.mark.parametrize("size", ["1500k", "2000k"])
def test_no_room_for_the_tracking_store(size: str, tmp_path: Path) -> None:
    swept_on_a_small_disk("mlruns", size, 300, small_words(300), tmp_path)


@pytest.mark.survive
@pytest.mark.parametrize("size", ["40k", "100k", "300k"])  # the start's files, the weights, the model
def test_no_room_for_the_artifacts(size: str, tmp_path: Path) -> None:
    swept_on_a_small_disk("mlruns/artifacts", size, 4, cli_words(4), tmp_path)


@pytest.mark.survive
def test_a_limit_on_the_size_of_files(store_root: Path, tmp_path: Path) -> None:
    words = [sys.executable, str(SABOTEUR), "nothing", "0", "small", str(store_root), "300"]
    limited = ["bash", "-c", 'ulimit -f 1500; exec "$@"', "bash", *words]
    for line, is_done in ((limited, False), (words, True)):
        with (tmp_path / "stderr.txt").open("a") as stderr:
            done = subprocess.run(line, cwd=tmp_path, env=environment(), stderr=stderr, timeout=200, check=False)
        assert (done.returncode == 0) is is_done, said(tmp_path)
    assert kept_trials(store_root)
    assert_sound(store_root, n_trials=300)
