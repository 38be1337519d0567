"""The sample files of the documentation do what it says of them: it shows this output, to the letter."""

import io
import shlex
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import call_command

from catalog.models import AvailabilityWindow, Content, Episode

DOCUMENT = settings.BASE_DIR / "docs" / "importing-movielabs.md"
PROMPT = "$ manage.py "


def walk() -> list[tuple[str, list[str]]]:
    """The commands of the walk, each with the lines that it is said to print."""
    section = DOCUMENT.read_text(encoding="utf-8").split("## A walk")[1].split("\n## ")[0]
    found: list[tuple[str, list[str]]] = []
    for line in section.split("The series' six")[0].splitlines():
        if line.startswith(f"    {PROMPT}"):
            found.append((line.strip().removeprefix(PROMPT), []))
        elif found and line.startswith("    "):
            found[-1][1].append(line.strip())
    return found


def test_the_walk_through_the_samples_is_what_happens(
    stores: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "docs").symlink_to(settings.BASE_DIR / "docs")

    for command, said in walk():
        printed = io.StringIO()
        call_command(*shlex.split(command), stdout=printed)
        assert printed.getvalue().splitlines() == said

    (rejected,) = (tmp_path / "report.csv").read_text(encoding="utf-8").splitlines()[1:]
    assert f"    {rejected}\n" in DOCUMENT.read_text(encoding="utf-8")
    assert Content.objects.filter(status="draft").count() == 2
    episodes = Episode.objects.order_by("season_number", "number")
    assert list(episodes.values_list("season_number", "title", "kind", "production_code")) == [
        (1, "Low Water", "pilot", "TW-101"),
        (1, "Slack", "standard", ""),
        (2, "Spring Tide", "standard", "TW-201"),
    ]
    windows = AvailabilityWindow.objects.order_by("territory")
    assert list(windows.values_list("content__title", "territory", "licence")) == [
        ("The Lantern Keeper", "DE", "svod"),
        ("The Lantern Keeper", "FR", "svod"),
        ("Tidewater", "GB", "avod"),
        ("The Lantern Keeper", "US", "est"),
    ]
