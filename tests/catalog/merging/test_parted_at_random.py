"""Any order of merges, deliveries and undoings leaves each title to those who would see it had it never been merged."""

import random
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pytest

from catalog.merging import CannotMerge
from catalog.models import AvailabilityWindow, Content, ContentMerge
from catalog.visibility import GATE_FIELDS, Audience, is_public
from tests.catalog.merging.licensed import imported, merge, named, of, undo, window

NAMES = ("alpha", "beta", "gamma")
STEPS = 10
SEEDS = [0, 1, 13, 20, 24, 30, 35, 39]  # from 13 on those that have found a fault
AUDIENCES = [
    Audience(datetime(year, 6, 1, tzinfo=UTC), territory)
    for year in range(2030, 2046, 2)
    for territory in ("GB", "FR")
]


@dataclass
class Alone:
    """A title that is never merged: what an editor opened for France, and the years of its avails. None: it never had
    any."""

    for_france: bool
    avails: dict[str, int] | None = None

    def is_shown(self, audience: Audience) -> bool:
        if self.avails is None and not self.for_france:
            return True
        if audience.territory == "FR":
            return self.for_france
        return any(year <= audience.at.year < year + 3 for year in (self.avails or {}).values())


class Played:
    """Titles beside what they are to be like, and what was done, to be read where a test fails."""

    def __init__(self, seed: int, tmp_path: Path) -> None:
        self.chance = random.Random(seed)
        self.tmp_path, self.log = tmp_path, list[str]()
        self.titles = dict(zip(NAMES, named(*NAMES), strict=True))
        self.models = {name: Alone(for_france=self.chance.random() < 0.2) for name in NAMES}
        for name, model in self.models.items():
            if model.for_france:
                window(self.titles[name], None, None, "FR")

    def deliver(self) -> None:
        name, number = self.chance.choice(NAMES), self.chance.choice([0, 0, 0, 1])
        alid, model = f"{name}-{number}", self.models[name]
        if alid in (model.avails or {}) and self.chance.random() < 0.8:
            self.log.append(f"take {alid} back")
            del (model.avails or {})[alid]
            imported(self.tmp_path, of(name, alid, 2030, 2033, entry="Full Delete"))
            return
        # Of one title they never meet; those of several do.
        year = 2030 + 8 * number + self.chance.choice([0, 2, 4])
        self.log.append(f"deliver {alid} from {year}")
        model.avails = {**(model.avails or {}), alid: year}
        imported(self.tmp_path, of(name, alid, year, year + 3))

    def merge(self) -> None:
        free = [name for name in NAMES if not self.is_merged(name)]
        if len(free) > 1:
            loser, survivor = self.chance.sample(free, 2)
            self.log.append(f"merge {loser} into {survivor}")
            merge((self.titles[loser], self.titles[survivor]))

    def undo(self) -> None:
        merged = [name for name in NAMES if self.is_merged(name)]
        self.chance.shuffle(merged)
        for name in merged:
            try:
                undo((self.titles[name], self.titles[name]))
            except CannotMerge:  # the other one is merged itself
                continue
            self.log.append(f"undo {name}")
            return

    def is_merged(self, name: str) -> bool:
        return Content.objects.get(pk=self.titles[name].pk).status == "merged"

    def check(self) -> None:
        """Those that are by themselves."""
        for name, title in self.titles.items():
            if self.is_merged(name) or ContentMerge.objects.filter(into_id=title.pk).exists():
                continue
            gate = Content.objects.filter(pk=title.pk).values(*GATE_FIELDS).get()
            shown = [is_public(gate, each) for each in AUDIENCES]
            assert shown == [self.models[name].is_shown(each) for each in AUDIENCES], (name, self.log)

    def check_imports(self) -> None:
        """A file of all that its licensors say changes nothing of a title."""
        before = self.windows()
        entries = [
            of(name, alid, year, year + 3)
            for name, model in self.models.items()
            for alid, year in (model.avails or {}).items()
        ]
        if entries:
            assert " 0 new, 0 changed" in imported(self.tmp_path, *entries)[0], self.log
            assert self.windows() == before, self.log

    def windows(self) -> list[str]:
        return sorted(
            map(repr, AvailabilityWindow.objects.values_list("content_id", "territory", "starts_at"))
        )


@pytest.mark.parametrize("seed", SEEDS)
def test_who_sees_a_title_does_not_depend_on_its_having_been_merged(
    tmp_path: Path, stores: None, seed: int
) -> None:
    played = Played(seed, tmp_path)
    for _ in range(STEPS):
        played.chance.choices([played.deliver, played.merge, played.undo], [4, 3, 1])[0]()
        played.check()
    while any(map(played.is_merged, NAMES)):
        played.undo()
        played.check()
    played.check_imports()
