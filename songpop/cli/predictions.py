"""What a person sees of a prediction: the most promising songs and why, and what is to be known of the table."""

from collections.abc import Iterable
from typing import Any

from rich.table import Table

from songpop.cli.tables import titled_table
from songpop.wording import plural, probability

N_DRIFTED = 5  # columns that are told; --json has all


def songs_table(outcome: Any) -> Table:
    """The most promising songs, each with its interval and its reasons."""
    rows = [(str(song.rank), _chance(song), song.song, "\n".join(map(str, song.reasons))) for song in outcome.first]
    return titled_table("Most promising", ("rank", "probability", "song", "because"), rows)


def prediction_lines(outcome: Any) -> Iterable[str]:
    """What was wrong with the table, what is unlike the champion's, and what was written."""
    if outcome.unusable:
        cells = ", ".join(f"{name} {n:,}" for name, n in outcome.unusable.items())
        yield f"Cells that could not be read and count as missing: {cells}."
    if outcome.unreadable:
        yield (
            f"Do not trust these probabilities: most songs have no readable {', '.join(outcome.unreadable)}. Write it "
            "as it is written in the champion's table."
        )
    if outcome.n_ahead:
        yield (
            f"{plural(outcome.n_ahead, 'song')} dated after {outcome.as_of}, the day that ages count from, and taken "
            "for songs of that day: set as_of=YYYY-MM-DD, the day of this table."
        )
    if outcome.drift:
        yield f"This table is unlike the champion's, so its probabilities may be off: {_drift(outcome.drift)}."
    if outcome.n_remarks:
        yield (
            f"{outcome.n_remarks:,} songs have cells that cannot be used, or are like none that the champion has seen: "
            "see the column `remarks`."
        )
    if outcome.leaks:
        yield f"LEAK: this champion was trained with {', '.join(outcome.leaks)}, which gives the label away."
    yield (
        f"{outcome.n_songs:,} songs ranked by {outcome.model} version {outcome.version}, trained on "
        f"{outcome.table}; {outcome.n_high_potential:,} of them with high potential ({outcome.label}), a probability "
        f"above {outcome.threshold:.3f}; written to {outcome.output}."
    )


def _chance(song: Any) -> str:
    if song.low is None:
        return probability(song.probability)
    return f"{probability(song.probability)}\n({probability(song.low)} to {probability(song.high)})"


def _drift(drift: Any) -> str:
    told = "; ".join(one.told for one in drift[:N_DRIFTED])
    return f"{told}; and {len(drift) - N_DRIFTED} more columns" if len(drift) > N_DRIFTED else told
