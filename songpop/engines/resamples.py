"""What a trial is trained on: the split's own parts or a resample of them, and of these the features it asks for."""

from songpop.contracts import Task, TrialSpec
from songpop.models import inputs


def task_of(task: Task, spec: TrialSpec) -> Task:
    """Return the parts that a spec's `resample` names, None: the task's own, with the features of its `inputs`.

    Raises:
        ValueError: if the task has no such resample, which only a bug can ask for.
    """
    rows, resample = task, spec.resample
    if resample is not None:
        if not 0 <= resample < len(task.resamples):
            raise ValueError(f"a task with {len(task.resamples)} resamples has no resample {resample}.")
        rows = task.resamples[resample]
    return inputs.task_of(rows, spec.params.inputs)
