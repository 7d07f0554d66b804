from engine_suite import EngineSuite

from songpop.contracts import Engine, Task
from songpop.engines.population import InProcessEngine


class TestInProcessEngine(EngineSuite):
    fresh_process = (
        "import json\nfrom engine_suite import SPEC, history_of, run_all, small_task\n"
        "from songpop.engines.population import InProcessEngine\n"
        "print(json.dumps(history_of(run_all(InProcessEngine(small_task(), 4), [SPEC])[3])))"
    )

    def make_engine(self, task: Task) -> Engine:
        return InProcessEngine(task, n_slots=4)
