"""Which rows a trial is trained on: the split's own parts, or one of their resamples."""

from songpop.contracts import Task


def task_of(task: Task, resample: int | None) -> Task:
    """Return the parts that a spec's `resample` names; None: the task's own.

    Raises:
        ValueError: if the task has no such resample, which only a bug can ask for.
    """
    if resample is None:
        return task
    if not 0 <= resample < len(task.resamples):
        raise ValueError(f"a task with {len(task.resamples)} resamples has no resample {resample}.")
    return task.resamples[resample]
