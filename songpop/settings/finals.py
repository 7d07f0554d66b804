"""The finals: who is trained again, how often, and what becomes the champion."""

from dataclasses import dataclass
from enum import Enum


class ChampionKind(Enum):
    """What a sweep puts forward."""

    bag = "bag"  # the mean of the winner's models, one per resample
    single = "single"  # the median one of them
    none = "none"  # no finals: the search's best trial as it is, whatever its luck


@dataclass
class FinalsSettings:
    """Options of the finals."""

    kind: ChampionKind = ChampionKind.bag  # what the sweep puts forward; none: no finals are held
    n_members: int = 4  # configurations of the ensemble that takes part, at most (search/selection.py); 0: none does
    n_configs: int = 5  # the search's best configurations, so many
    n_seeds: int = 10  # each is trained so often: on other training and validation rows, with other seeds
    with_known_points: bool = True  # also search.known_points, such as the published settings
    with_champion: bool = True  # also the configuration of the present champion, registry.model
    alpha: float = 0.05  # the others are worse beyond luck where a paired test, corrected for their number, has p below
