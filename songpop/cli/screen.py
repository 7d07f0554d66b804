"""What a person sees: sentences and progress on standard error, tables of results on standard output.

Owns: wording and layout. With --json nothing but the one object may reach standard output, so tables are left out.
"""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, final

from rich.console import Console
from rich.table import Table

from songpop.cli.hints import Hints
from songpop.cli.live import LiveTable
from songpop.cli.next_commands import after_sweep, finals_advice
from songpop.cli.outcome_tables import (
    champion_lines,
    finals_lines,
    finals_table,
    importance_line,
    sealed_table,
    totals_line,
)
from songpop.cli.predictions import prediction_lines, songs_table
from songpop.cli.promotions import gates_table, history_table, promotion_lines, rollback_lines
from songpop.cli.replays import replay_lines, replays_table
from songpop.cli.side_by_side import side_by_side_lines, side_by_side_tables
from songpop.cli.tables import (
    findings_table,
    published_table,
    runs_table,
    sweeps_table,
    train_table,
    trainings_table,
    tuners_table,
)
from songpop.wording import leak_line, number, plural, settings_line, share

LINES_WIDTH = 120  # where the terminal has no width of its own (a log file)
BEHIND_IS_SHOWN = 16  # trials that end together are recorded together
MAX_WIDTH = 50  # longer commands do not push what stands behind the others away


class Screen:
    """The terminal of one command."""

    def __init__(self, *, as_json: bool, hints: Hints | None = None) -> None:
        self._out = _console(sys.stdout, quiet=as_json)
        self._err = _console(sys.stderr, quiet=False)
        self.hints = hints or Hints()
        self._table: LiveTable | None = None

    # ── while it works ──────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def live(self) -> Iterator[None]:
        """Show a live table on a terminal; elsewhere one line per trial is printed instead."""
        if not self._err.is_terminal:
            yield
            return
        with LiveTable(self._err) as table:
            self._table = table
            try:
                yield
            finally:
                self._table = None

    def note(self, text: str) -> None:
        """Print a sentence; an address that is longer than a line stays whole."""
        self._err.print(text, soft_wrap=_has_long_word(text, self._err.width))

    def progress(self, progress: Any) -> None:
        """Show the state of a search after a finished trial."""
        if self._table is not None:
            self._table.progress(progress)
            return
        best = f"best {number(progress.best_value)}" if progress.best_trial is not None else "no result yet"
        self._err.print(
            f"trial {progress.last.spec.trial}: {progress.last.state.value}, "
            f"{number(progress.last.value)} after {len(progress.last.history)} epochs "
            f"({progress.n_finished}/{progress.n_total}, {best}{_behind(progress.n_behind)})"
        )

    def beat(self, progress: Any) -> None:
        """Show the state of a search while trials run; nothing where there is no terminal."""
        if self._table is not None:
            self._table.progress(progress)

    def step(self, text: str, n_done: int, n_total: int) -> None:
        """Show a piece of work that is done."""
        if self._table is not None:
            self._table.step(text, n_done, n_total)
            return
        self._err.print(f"{text} ({n_done}/{n_total})")

    # ── results ─────────────────────────────────────────────────────────────────────────────────────────────

    def sweep(self, outcome: Any) -> None:
        """Print the leaderboard, what the winner reached on the sealed test rows, and the next commands."""
        table = Table(title=f"Leaderboard of {outcome.sweep}", title_justify="left")
        for name in ("#", "trial", "val log\nloss", "val\naccuracy", "epochs\n(best)"):
            table.add_column(name, justify="right", no_wrap=True)
        table.add_column("settings", overflow="fold")
        for leader in outcome.leaders:
            table.add_row(
                str(leader.rank),
                str(leader.trial),
                number(leader.val_log_loss),
                share(leader.val_accuracy),
                f"{leader.n_epochs} ({leader.best_epoch})",
                settings_line(leader.suggested),
            )
        self._out.print(table)
        self._prose(totals_line(outcome))
        if line := importance_line(outcome.importances):
            self._prose(line)
        if outcome.finals is not None:
            self._out.print(finals_table(outcome.sweep, outcome.finals, self._out.width))
            self._prose(*finals_lines(outcome.finals))
        if outcome.champion is not None:
            self._champion(outcome)
        if outcome.interrupted:
            self._plain("Interrupted; everything finished is kept. The same command goes on with it.")
            return
        if outcome.champion is not None:
            self._next(outcome)

    def _champion(self, outcome: Any) -> None:
        self._out.print(sealed_table(outcome.champion))
        self._prose(*champion_lines(outcome.champion))
        self._leaks(outcome)

    def _leaks(self, outcome: Any) -> None:
        if outcome.leaks:
            self._plain(leak_line(outcome.leaks))

    def _next(self, outcome: Any) -> None:
        if advice := finals_advice(outcome):
            self._plain(advice)
        commands = after_sweep(outcome, self.hints)
        width = max((len(command) for command in commands if len(command) <= MAX_WIDTH), default=0)
        self._plain("")
        self._plain("Next:")
        for command, effect in commands.items():
            self._plain(f"  {command:<{width}}   {effect}")

    def train(self, outcome: Any) -> None:
        """Print mean and interval of every model, the published number beside it, and the verdicts."""
        for protocol in outcome.protocols:
            self._out.print(train_table(protocol, outcome.n_seeds))
            self._plain(f"Its test rows have been opened {plural(protocol.n_test_openings, 'time')}.")
            if protocol.leaks:
                self._plain(f"LEAK: {', '.join(protocol.leaks)} gives the label away under this protocol.")
        for verdict in outcome.verdicts:
            self._plain(f"{'holds ' if verdict.holds else 'FAILS '} {verdict.claim}: {verdict.evidence}")

    def reproduce(self, outcome: Any) -> None:
        """Print the verdict on each trial that was trained again."""
        self._out.print(replays_table(outcome))
        for line in replay_lines(outcome):
            self._plain(line)
        self._leaks(outcome)

    def check(self, outcome: Any) -> None:
        """Print what was found in a table."""
        self._prose(outcome.summary)

    def compare(self, outcome: Any) -> None:
        """Print all sweeps and trainings, and the best runs of one sweep; or some sweeps side by side."""
        if outcome.side_by_side is not None:
            self._side_by_side(outcome)
            return
        if outcome.trainings:
            self._out.print(trainings_table(outcome.trainings, outcome.n_test_openings))
        if outcome.tuners:
            self._out.print(tuners_table(outcome.tuners))
        if outcome.sweep is None:
            self._plain(f"There is no sweep yet. Begin with: {self.hints.command('sweep')}")
            return
        self._out.print(sweeps_table(outcome.sweeps, outcome.n_test_openings))
        self._out.print(runs_table(outcome.sweep, outcome.trials))
        if outcome.published:
            chosen = next(sweep for sweep in outcome.sweeps if sweep.name == outcome.sweep)
            self._out.print(published_table(chosen, outcome.published))

    def _side_by_side(self, outcome: Any) -> None:
        for table in side_by_side_tables(outcome.side_by_side):
            self._out.print(table)
        self._prose(*side_by_side_lines(outcome.side_by_side))
        for sweep in outcome.sweeps if outcome.published else ():
            if sweep.tags.get("songpop.protocol") == "published":
                self._out.print(published_table(sweep, outcome.published))

    def promotion(self, outcome: Any) -> None:
        """Print the gates, which version is champion now, and why."""
        if outcome.gates:
            self._out.print(gates_table(outcome.gates))
        for line in promotion_lines(outcome):
            self._plain(line)
        if not outcome.is_new:
            return
        file = None if outcome.is_generated else "songs.csv"
        commands = (self.hints.predict(file), self.hints.command("history"), self.hints.command("rollback"))
        self._plain(f"Next: {' · '.join(commands)}")

    def refusal(self, gates: Any) -> None:
        """Print the gates of a refused promotion; they are no result, so they go where its sentence goes."""
        self._err.print(gates_table(gates))

    def rollback(self, outcome: Any) -> None:
        """Print who is champion again."""
        for line in rollback_lines(outcome):
            self._plain(line)

    def history(self, outcome: Any) -> None:
        """Print who was champion from when to when, and what was refused."""
        if not outcome.entries:
            begin = f"{self.hints.command('sweep')}, then {self.hints.command('promote')}"
            self._plain(outcome.note or f"{outcome.model} never had a champion. Begin with: {begin}")
            return
        self._out.print(history_table(outcome))
        self._leaks(outcome)
        if outcome.note is not None:
            self._plain(outcome.note)

    def predict(self, outcome: Any) -> None:
        """Print what was written, and the first songs."""
        self._out.print(songs_table(outcome))
        self._prose(*prediction_lines(outcome))

    def report(self, outcome: Any) -> None:
        """Print where the page lies, and what it could not draw."""
        for section, why in outcome.absent.items():
            self._plain(f"No picture of {section}: {why}")
        self._plain(f"{outcome.page} and {len(outcome.figures)} figures beside it; also beside {outcome.attached_to}.")

    def _sentences(self, lines: Iterable[str]) -> None:
        for line in lines:
            self._plain(line)

    def doctor(self, outcome: Any) -> None:
        """Print what was wrong, what was done about it and what is left to do; one line where all is well."""
        for sentence in outcome.left_alone:
            self._plain(sentence)
        counts = {"sweep": outcome.n_sweeps, "trial": outcome.n_trials, "registered version": outcome.n_versions}
        seen = ", ".join(f"{n:,} {word}{'s' * (n != 1)}" for word, n in counts.items())
        if not outcome.findings:
            self._plain(f"Study, tracking and registry agree: {seen}.")
            return
        self._out.print(findings_table(outcome.findings))
        left = [one for one in outcome.findings if not one.is_mended and "=" in one.remedy]
        self._sentences(
            dict.fromkeys(f"{one.where}: {one.remedy}" for one in left)
        )  # a column's folds cannot be pasted
        n_left = sum(not one.is_mended for one in outcome.findings)
        n_can = sum(one.can_be_mended and not one.is_mended for one in outcome.findings)
        mend = f" {n_can} of them can be mended: {self.hints.command('doctor')}" if n_can else ""
        self._plain(f"{seen}: {len(outcome.findings) - n_left} mended, {n_left} left.{mend}")

    def _plain(self, text: str) -> None:
        """Print a line that may hold a command: what is folded cannot be pasted."""
        self._out.print(text, soft_wrap=True)

    def _prose(self, *sentences: str) -> None:
        """Print sentences, folded between words where a person reads; a file or a program gets whole lines."""
        for text in sentences:
            is_whole = not self._out.is_terminal or _has_long_word(text, self._out.width)
            self._out.print(text, soft_wrap=is_whole)


def _has_long_word(text: str, width: int) -> bool:
    """Say whether a word, such as an address, is longer than a line: folded, it could not be clicked or pasted."""
    return any(len(word) > width for word in text.split())


def _behind(n_behind: int) -> str:
    """Say how many trials wait to be recorded, where it is more than what is being written just now."""
    return f", {n_behind} more trained, not yet recorded" if n_behind > BEHIND_IS_SHOWN else ""


def _console(stream: Any, *, quiet: bool) -> Console:
    width = None if stream.isatty() else LINES_WIDTH
    # Titles of songs and names of columns are shown as they are: "[Remix]" is no style, ":heart:" no picture.
    return _Console(file=stream, quiet=quiet, width=width, markup=False, emoji=False, highlight=False)


@final
class _Console(Console):
    """Rich's console, whose own answer to a closed pipe (`songpop compare | head`) would be exit status 1."""

    def on_broken_pipe(self) -> None:
        """Say so, as `print` does; rich means this method to be replaced."""
        raise BrokenPipeError
