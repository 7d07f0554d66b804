"""Search spaces: typed, conditional parameters and their digest, without any search library's types."""

from songpop.space.legal import LEGAL
from songpop.space.params import ChoiceParam, Condition, FixedParam, FloatParam, IntParam, SpaceParam
from songpop.space.pinning import pin
from songpop.space.record import as_entries, space_of
from songpop.space.space import Space

__all__ = [
    "LEGAL",
    "ChoiceParam",
    "Condition",
    "FixedParam",
    "FloatParam",
    "IntParam",
    "Space",
    "SpaceParam",
    "as_entries",
    "pin",
    "space_of",
]
