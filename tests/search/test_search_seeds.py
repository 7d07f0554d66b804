import numpy as np

from songpop.search.seeds import sampler_seed


def test_seeds_depend_on_all_three_and_nothing_else() -> None:
    seeds = {sampler_seed(seed, trial, attempt) for seed in range(5) for trial in range(20) for attempt in range(3)}
    assert len(seeds) == 5 * 20 * 3
    assert sampler_seed(1, 2, 3) == sampler_seed(1, 2, 3)
    assert all(0 <= seed < 2**32 for seed in seeds)


def test_samplers_do_not_share_the_stream_of_weights() -> None:
    weights = np.random.SeedSequence([0, 1]).generate_state(1)[0]
    assert sampler_seed(0, 1, 0) != weights
