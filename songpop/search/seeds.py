"""Where a sampler's randomness comes from: the search's seed and the trial's number, and nothing else.

So a search that was killed and goes on draws what it would have drawn without the kill.
"""

import numpy as np

# Keeps these streams apart from those of weights and batches, which derive from (seed, trial) too.
_SAMPLER_STREAM = 0x5A


def sampler_seed(search_seed: int, trial: int, attempt: int) -> int:
    """Return the 32-bit seed of the sampler for one attempt at one trial."""
    return int(np.random.SeedSequence([search_seed, trial, attempt, _SAMPLER_STREAM]).generate_state(1)[0])
