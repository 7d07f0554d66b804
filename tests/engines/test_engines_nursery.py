import os
import signal
import subprocess
import sys
import time

from songpop.engines import nursery


def test_the_main_module_is_hidden_only_while_a_process_starts() -> None:
    main = sys.modules["__main__"]
    with nursery._without_main():
        assert getattr(sys.modules["__main__"], "__file__", None) is None
    assert sys.modules["__main__"] is main


def test_variables_that_are_set_win_and_nothing_is_left_behind() -> None:
    os.environ.pop("SONGPOP_TEST_A", None)
    os.environ["SONGPOP_TEST_B"] = "mine"
    try:
        with nursery._set({"SONGPOP_TEST_A": "1", "SONGPOP_TEST_B": "2"}):
            assert (os.environ["SONGPOP_TEST_A"], os.environ["SONGPOP_TEST_B"]) == ("1", "mine")
        assert "SONGPOP_TEST_A" not in os.environ
        assert os.environ["SONGPOP_TEST_B"] == "mine"
    finally:
        del os.environ["SONGPOP_TEST_B"]


def test_warming_up_imports_nothing_heavy_here() -> None:
    code = (
        "import sys\nfrom songpop.engines.nursery import warm_up\nwarm_up()\n"
        "print(bool({'tensorflow', 'keras', 'pandas'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def interrupted(code: str, n_times: int) -> tuple[str, str]:
    """Run code that prints "up", send its group Ctrl-C every tenth of a second, and return what it prints then."""
    command = [sys.executable, "-c", code]
    with subprocess.Popen(command, stdout=-1, stderr=-1, text=True, start_new_session=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        for _ in range(n_times):
            time.sleep(0.1)
            os.killpg(process.pid, signal.SIGINT)
        return process.communicate(timeout=60)


START = (
    "import signal\nfrom songpop.engines.errand import Errand\nfrom songpop.engines.nursery import warm_up\nwarm_up()\n"
)


def test_ctrl_c_is_not_the_servers_business_while_it_imports() -> None:
    code = (
        "signal.signal(signal.SIGINT, lambda *_: None)\nprint('up', flush=True)\n"
        "with Errand(abs, -3) as errand: print(errand.answer())"
    )
    assert interrupted(START + code, 5) == ("3\n", "")


def test_ctrl_c_while_a_process_waits_for_the_server_leaves_nothing_half_begun() -> None:
    code = (
        "print('up', flush=True)\ntry:\n Errand(abs, -3)\nexcept KeyboardInterrupt:\n"
        " print('interrupted', flush=True)\nimport time\ntime.sleep(1)"
    )
    assert interrupted(START + code, 1) == ("interrupted\n", "")
