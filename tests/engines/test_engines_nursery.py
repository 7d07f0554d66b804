import os
import subprocess
import sys

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
