"""The training loop alone: python training_loop.py TASK N_SLOTS N_EPOCHS; prints JSON.

One process, one thread: this machine's sgemm speed just before and after, then epochs of a few slots of the
published network, measuring included, until told to end. Run one per core at the same time.
"""

import itertools
import json
import sys
import time

import numpy as np
from threadpoolctl import threadpool_limits

from songpop.contracts import Params, Part, Task, TrialSpec
from songpop.engines.population import Population
from songpop.models.runtime import tf

WIDTHS = (128, 64, 32, 16)


def sgemm_flops(n: int = 1024, n_reps: int = 15) -> float:
    """Return the greatest speed of a large product, in operations per second: NumPy's or TensorFlow's."""
    a = np.random.default_rng(0).random((n, n), dtype=np.float32)
    on_device = tf.constant(a)
    products = (lambda: a @ a, lambda: tf.matmul(on_device, on_device).numpy())
    best_s = float("inf")
    for product in products:
        for _ in range(n_reps):
            started = time.perf_counter()
            product()
            best_s = min(best_s, time.perf_counter() - started)
    return 2 * n**3 / best_s


def product_flops(n_features: int, n_rows: int, n_val_rows: int) -> float:
    """Return the operations of the matrix products that one model's epoch needs: no more, no less.

    Forward, by weights and by inputs for training rows (nobody needs the first layer's by inputs), forward for
    validation rows; two operations per multiplication and addition.
    """
    sizes = (n_features, *WIDTHS, 1)
    weights = [a * b for a, b in itertools.pairwise(sizes)]
    return 2.0 * (3 * sum(weights) - weights[0]) * n_rows + 2.0 * sum(weights) * n_val_rows


def main(task_file: str, n_slots: int, n_epochs: int) -> None:
    """Measure and print."""
    data = np.load(task_file)
    task = Task(train=Part(x=data["x"], y=data["y"]), validation=Part(x=data["val_x"], y=data["val_y"]))
    population = Population(task)
    params = Params(first_regularized=1, regularization="l2", l2=1e-4, dropout_first=0.3, dropout_later=0.2)
    population.add(
        [TrialSpec(trial=k, params=params, seed=k, n_epochs=n_epochs + 2, patience=None) for k in range(n_slots)]
    )
    for _ in range(2):
        population.train()  # fills the caches
        population.settle(frozenset())
    before = sgemm_flops()
    times = []
    for _ in range(n_epochs):
        started = time.perf_counter()
        population.train()
        times.append((time.perf_counter() - started) / n_slots)
        population.settle(frozenset())
    after = sgemm_flops()
    needed = product_flops(data["x"].shape[1], len(data["y"]), len(data["val_y"]))
    print(json.dumps({"model_epoch_s": times, "sgemm_flops": max(before, after), "needed_flops": needed}))


if __name__ == "__main__":
    with threadpool_limits(1, user_api="blas"):
        main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
