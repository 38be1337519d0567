"""What every seeded title is, before any row is made."""

from array import array
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from catalog.codes import canonical_language, is_country
from catalog.seeding.gates import (
    UNRESTRICTED,
    Classification,
    Licensing,
    classifications_drawn,
    licensing_drawn,
)
from streaming.stores.seeded import random_for, uuid_texts

KINDS = {"movie": 60, "series": 30, "documentary": 10}
STATUSES = {"published": 93, "draft": 3, "archived": 3, "scheduled": 1}
MINUTES = {"movie": (75, 165), "series": (22, 60), "documentary": (45, 110)}
PEOPLE_PER_TITLE = 0.6
FEWEST_PEOPLE = 40


@dataclass(frozen=True)
class Vocabulary:
    """What titles and people of one locale are called. Texts are COPY's text format already; none is empty.

    A person's name is a head and a tail put together, whichever of the two the locale says first.
    """

    locale: str
    words: Sequence[str]
    name_heads: Sequence[str]
    name_tails: Sequence[str]
    characters: Sequence[str]
    sentences: Sequence[str]

    @property
    def language(self) -> str:
        """As BCP 47 has it; empty for a locale that names none."""
        return canonical_language(self.locale.partition("_")[0]) or ""

    @property
    def country(self) -> str:
        """By its ISO 3166 code; empty for a locale of none."""
        code = self.locale.partition("_")[2]
        return code if is_country(code) else ""


@dataclass(frozen=True)
class TitlePlan:
    """Every title by its place: id (32 hexadecimal digits), kind, status, vocabulary, minutes (of an episode), windows,
    ratings.

    `translators` are the vocabularies of the languages that titles are translated into, `people` the ids of each
    vocabulary's people. "scheduled" is published with a date to come.
    """

    seed: int
    until: date
    vocabularies: Sequence[Vocabulary]
    translators: Sequence[Vocabulary]
    people: list[list[str]]
    ids: list[str]
    kinds: list[str]
    statuses: list[str]
    languages: list[int]
    minutes: "array[int]"
    licensing: list[Licensing]
    classifications: list[Classification]

    def public(self) -> list[int]:
        """Places of the titles that the public sees from `until` on, somewhere: those that are played."""
        return [
            place
            for place, (status, licensing) in enumerate(zip(self.statuses, self.licensing, strict=True))
            if status == "published" and licensing.lasts
        ]


def plan_titles(
    *,
    seed: int,
    count: int,
    vocabularies: Sequence[Vocabulary],
    translators: Sequence[Vocabulary],
    until: date,
) -> TitlePlan:
    """The first title is a public movie, the second a public series, neither with windows; the rest a mix. Of what only
    some titles have, the first has everything else.
    """
    rng = random_for(seed, "titles")
    new_id = uuid_texts(rng)
    kinds = rng.choices(list(KINDS), list(KINDS.values()), k=count)
    statuses = rng.choices(list(STATUSES), list(STATUSES.values()), k=count)
    kinds[:2] = ("movie", "series")[:count]
    statuses[:2] = ("published", "published")[:count]
    licensing = licensing_drawn(seed=seed, count=count, until=until)
    licensing[:2] = (UNRESTRICTED, UNRESTRICTED)[:count]
    return TitlePlan(
        seed=seed,
        until=until,
        vocabularies=vocabularies,
        translators=translators,
        people=_people(seed, count, len(vocabularies)),
        ids=[new_id() for _ in range(count)],
        kinds=kinds,
        statuses=statuses,
        languages=rng.choices(range(len(vocabularies)), k=count),
        minutes=array("I", (rng.randint(*MINUTES[kind]) for kind in kinds)),
        licensing=licensing,
        classifications=classifications_drawn(seed=seed, kinds=kinds),
    )


def _people(seed: int, titles: int, vocabularies: int) -> list[list[str]]:
    if not titles:
        return [[] for _ in range(vocabularies)]
    new_id = uuid_texts(random_for(seed, "people"))
    each = max(FEWEST_PEOPLE, int(titles * PEOPLE_PER_TITLE / vocabularies))
    return [[new_id() for _ in range(each)] for _ in range(vocabularies)]
