"""What became of the rows of the two files whose rows are titles and episodes, so that an import's figures add up.

Each row is counted once; together they are the file's lines less its header. Entry points: `Tally`, filled by
`catalog.importing.imdb.joining`; `Tally.told`, for the command.
"""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from catalog.importing.imdb.dump import BASICS, EPISODES
from catalog.importing.records import Note
from streaming.stores.units import counted

GAMES, ADULT = "video game", "adult title"
UNKNOWN, UNNUMBERED = "episode without a title or a series", "episode without a number"
# What these and the parts of a file are called where it is not one; as others are, with an s, or as it stands here.
SEVERAL = {
    UNKNOWN: "episodes without a title or a series",
    UNNUMBERED: "episodes without a number",
    "episode of these titles": "episodes of these titles",
    **{same: same for same in ("passed over", "rejected", "of titles that are not imported")},
}


@dataclass
class Tally:
    """`passed_over` is by why, `rejected` by the name of the file.

    `placed` are rows of `title.episode` that came into a series, `of_others` those of titles that are not imported;
    both are known once all was read, and None before.
    """

    titles: int = 0
    episodes: int = 0
    passed_over: Counter[str] = field(default_factory=Counter)
    rejected: Counter[str] = field(default_factory=Counter)
    placed: int | None = None
    of_others: int = 0

    def noting(self, take: Callable[[Note], None]) -> Callable[[Note], None]:
        """What takes notes on, and counts the rejected rows on the way."""

        def note(said: Note) -> None:
            file = said.file.removesuffix(".gz").removesuffix(".tsv") or BASICS.name
            self.rejected[file] += said.outcome == "rejected"
            take(said)

        return note

    def told(self) -> Iterator[str]:
        """A line for each file, and one for each reason why rows were passed over; nothing where none was read."""
        if not (self.titles or self.episodes or self.passed_over or self.rejected):
            return
        yield _line(
            BASICS.name,
            {
                "title": self.titles,
                "episode": self.episodes,
                "passed over": self.passed_over[GAMES] + self.passed_over[ADULT],
                "rejected": self.rejected[BASICS.name],
            },
        )
        if self.placed is not None:
            yield _line(
                EPISODES.name,
                {
                    "episode of these titles": self.placed,
                    "of titles that are not imported": self.of_others,
                    "passed over": self.passed_over[UNKNOWN] + self.passed_over[UNNUMBERED],
                    "rejected": self.rejected[EPISODES.name],
                },
            )
        for why, number in sorted(self.passed_over.items()):
            if number:
                yield f"passed over: {_counted(number, why)}"


def _line(file: str, parts: dict[str, int]) -> str:
    told = ", ".join(_counted(number, what) for what, number in parts.items() if number) or "nothing"
    return f"{file}: {counted(sum(parts.values()), 'row')} read: {told}"


def _counted(number: int, what: str) -> str:
    return counted(number, what, SEVERAL.get(what, ""))
