"""A space that was kept as plain data is the same space again."""

import json
from pathlib import Path

import pytest
from omegaconf import OmegaConf

from songpop.space import as_entries, pin, space_of

CONF = Path(__file__).parents[2] / "conf" / "space"


@pytest.mark.parametrize("file", sorted(CONF.glob("*.yaml")), ids=lambda file: file.stem)
@pytest.mark.parametrize("fixed", [{}, {"optimizer": "sgd", "schedule": "cosine"}, {"regularization": "l2"}])
def test_what_is_kept_is_read_back(file: Path, fixed: dict[str, str]) -> None:
    raw = OmegaConf.to_container(OmegaConf.load(file))
    assert isinstance(raw, dict)
    space = pin(space_of(raw), fixed)  # type: ignore[arg-type]
    kept = json.loads(json.dumps(as_entries(space)))
    assert space_of(kept).digest == space.digest
