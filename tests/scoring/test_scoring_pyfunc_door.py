"""MLflow's doors: load_model in this process, in one without songpop, and a server with CSV and JSON."""

import io
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from pathlib import Path

import mlflow.pyfunc
import numpy as np
import pandas as pd
import pytest
from mlflow.exceptions import MlflowException
from small_models import songs

from songpop.scoring.pyfunc_door import SIGNATURE, PyfuncDoor
from songpop.scoring.raw_model import RawModel
from songpop.settings import RegistrySettings
from songpop.tracking.champion import champion_of

SONGS = songs(30, seed=3)
PLAIN = pd.read_csv(io.StringIO(SONGS.to_csv(index=False)))


def packed_folder(store) -> Path:
    return champion_of(store, RegistrySettings()).folder.parents[1]


@pytest.mark.parametrize("frame", [SONGS, PLAIN, PLAIN.astype(object), SONGS.assign(Extra=1)])
def test_load_model_in_process(frame, champion) -> None:
    model = mlflow.pyfunc.load_model(str(packed_folder(champion)))
    expected = RawModel(champion_of(champion, RegistrySettings()).folder).predict(SONGS)
    pd.testing.assert_frame_equal(model.predict(frame), expected)
    older = model.predict(frame, params={"as_of": "2030-01-01"})
    assert not np.allclose(older["probability"], expected["probability"])


@pytest.mark.parametrize(
    ("data", "params", "message"),
    [
        (SONGS.drop(columns="Streams"), {}, r"missing: \['Streams'\]"),
        (SONGS, {"as_of": "soon"}, "must be a date"),
        ([[1, 2]], {}, "takes a table with named columns.*got list"),
    ],
)
def test_refusals_are_sentences(data, params, message, model_template) -> None:
    with pytest.raises(MlflowException, match=message):
        PyfuncDoor(RawModel(model_template)).predict(data, params)


def test_signature_leaves_the_inputs_open() -> None:
    assert SIGNATURE.inputs is None
    assert SIGNATURE.outputs.input_names() == ["probability", "high_potential"]


FRESH = """
import sys
sys.path = [path for path in sys.path if path != sys.argv[3]]
sys.meta_path = [finder for finder in sys.meta_path if "editable" not in str(finder).lower()]
import importlib.util
found = importlib.util.find_spec("songpop")
# An editable installation leaves a folder songpop/conf without code in site-packages: that is no package of ours.
if found is not None and found.origin is not None:
    raise SystemExit("songpop is still there")
import mlflow.pyfunc, pandas
model = mlflow.pyfunc.load_model(sys.argv[1])
print(model.predict(pandas.read_csv(sys.argv[2]))["probability"].to_json(orient="values"))
"""


@pytest.mark.slow
def test_load_model_where_songpop_is_not_installed(champion, tmp_path) -> None:
    SONGS.to_csv(tmp_path / "songs.csv", index=False)
    repository = str(Path(__file__).parents[2])
    done = subprocess.run(
        [sys.executable, "-c", FRESH, str(packed_folder(champion)), str(tmp_path / "songs.csv"), repository],
        capture_output=True, text=True, timeout=200, cwd=tmp_path, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    expected = RawModel(champion_of(champion, RegistrySettings()).folder).probabilities(SONGS)
    np.testing.assert_allclose(json.loads(done.stdout), expected, atol=1e-6)


def ask(port: int, body: str, kind: str = "application/json") -> tuple[int, str]:
    request = urllib.request.Request(f"http://127.0.0.1:{port}/invocations", body.encode(), {"Content-Type": kind})
    try:
        with urllib.request.urlopen(request, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()


def wait_until_ready(server: "subprocess.Popen[bytes]", port: int, timeout_s: float = 180) -> None:
    until = time.monotonic() + timeout_s
    while time.monotonic() < until:
        assert server.poll() is None, "the server ended"
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}/ping", timeout=5).close()
            return
        except OSError:
            time.sleep(0.5)
    raise AssertionError("the server did not start")


@pytest.fixture
def served(champion, tmp_path):
    """The champion behind `mlflow models serve`, by its name in the registry; yields the port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"  # mlflow looks for uvicorn there
    command = [sys.executable, "-m", "mlflow", "models", "serve", "-m", "models:/songpop@champion"]
    server = subprocess.Popen(
        [*command, "--env-manager", "local", "-h", "127.0.0.1", "-p", str(port)],
        env={**os.environ, "MLFLOW_TRACKING_URI": champion.uri, "PATH": path}, cwd=tmp_path, start_new_session=True,
    )  # fmt: skip
    try:
        wait_until_ready(server, port)
        yield port
    finally:
        if server.poll() is None:
            os.killpg(server.pid, signal.SIGTERM)
            server.wait(timeout=30)


@pytest.mark.slow
def test_served_csv_and_json(served, champion) -> None:
    expected = RawModel(champion_of(champion, RegistrySettings()).folder).predict(SONGS)
    split = json.loads(PLAIN.to_json(orient="split"))
    doors = {
        "csv": ask(served, SONGS.to_csv(index=False), "text/csv"),
        "split": ask(served, json.dumps({"dataframe_split": split})),
        "records": ask(served, json.dumps({"dataframe_records": json.loads(PLAIN.to_json(orient="records"))})),
        "strings": ask(served, json.dumps({"dataframe_records": SONGS.to_dict(orient="records")})),
    }
    for door, (status, answer) in doors.items():
        assert status == 200, (door, answer)
        found = pd.DataFrame(json.loads(answer)["predictions"])
        np.testing.assert_allclose(found["probability"], expected["probability"], atol=1e-6, err_msg=door)
        assert found["high_potential"].tolist() == expected["high_potential"].tolist()
    older = ask(served, json.dumps({"dataframe_split": split, "params": {"as_of": "2030-01-01"}}))
    assert json.loads(older[1])["predictions"] != json.loads(doors["split"][1])["predictions"]
    status, answer = ask(served, SONGS.drop(columns="Spins").to_csv(index=False), "text/csv")
    assert (status, "missing: ['Spins']" in answer) == (400, True)
    assert json.loads(ask(served, SONGS.iloc[:0].to_csv(index=False), "text/csv")[1])["predictions"] == []
