"""MovieLabs documents for tests, as short as their schemas let them be, and the commands that import them."""

import csv
import io
from pathlib import Path
from typing import Any

from django.core.management import call_command


def mec(*cores: str, version: str = "2.9") -> str:
    """A list of `CoreMetadata`, each on a line of its own from line 2 on."""
    return (
        f'<mdmec:CoreMetadataList xmlns:mdmec="http://www.movielabs.com/schema/mdmec/v{version}"'
        f' xmlns:md="http://www.movielabs.com/schema/md/v{version}/md">\n'
        + "\n".join(cores)
        + "\n</mdmec:CoreMetadataList>\n"
    )


def core(
    cid: str, *, work: str = "Movie", infos: str = "", rest: str = "", title: str = "Night Ferry"
) -> str:
    """One `CoreMetadata`. `rest` stands behind `WorkType`; the schema's order is not what a reader may rest on."""
    infos = infos or info("en", title=title, default=True)
    return (
        f'<mdmec:CoreMetadata><mdmec:Basic ContentID="{cid}">{infos}'
        f"<md:ReleaseYear>2019</md:ReleaseYear><md:WorkType>{work}</md:WorkType>{rest}"
        f"</mdmec:Basic></mdmec:CoreMetadata>"
    )


def info(language: str, *, title: str, default: bool = False, rest: str = "") -> str:
    marked = ' default="true"' if default else ""
    return (
        f'<md:LocalizedInfo language="{language}"{marked}>'
        f"<md:TitleDisplayUnlimited>{title}</md:TitleDisplayUnlimited>{rest}</md:LocalizedInfo>"
    )


def part_of(cid: str, number: int, *, relation: str) -> str:
    return (
        f"<md:SequenceInfo><md:Number>{number}</md:Number></md:SequenceInfo>"
        f'<md:Parent relationshipType="{relation}"><md:ParentContentID>{cid}</md:ParentContentID></md:Parent>'
    )


def season(cid: str, series: str, number: int, **said: str) -> str:
    return core(cid, work="Season", rest=part_of(series, number, relation="isseasonof"), **said)


def episode(cid: str, parent: str, number: int, *, rest: str = "", **said: str) -> str:
    return core(cid, work="Episode", rest=rest + part_of(parent, number, relation="isepisodeof"), **said)


def run(command: str, path: Path, **options: Any) -> list[str]:
    """The lines that an import prints."""
    out = io.StringIO()
    call_command(command, path, stdout=out, **options)
    return out.getvalue().splitlines()


def noted(report: Path) -> list[tuple[str, str, str]]:
    """Line, outcome and reason of what a report has."""
    with report.open(encoding="utf-8", newline="") as file:
        return [(row["line"], row["outcome"], row["reason"]) for row in csv.DictReader(file)]


def avails(*entries: str, version: str = "2.6") -> str:
    """A list of avails, the first from line 2 on."""
    return (
        f'<avails:AvailList xmlns:avails="http://www.movielabs.com/schema/avails/v{version}/avails"'
        ' xmlns:md="http://www.movielabs.com/schema/md/v2.10/md">\n'
        + "\n".join(entries)
        + "\n</avails:AvailList>\n"
    )


def avail(
    alid: str,
    *transactions: str,
    entry: str = "Full Extract",
    work: str = "Movie",
    kind: str = "Metadata",
    title_eidr: str = "urn:eidr:10.5240:1111-2222-3333-4444-5555-S",
    asset: str = "",
    metadata: str = "",
    rest: str = "",
) -> str:
    """One `Avail`: its head on one line, then each transaction on a line of its own, then a line for the end."""
    if title_eidr and kind == "Metadata":
        metadata = f"<avails:TitleEIDR-URN>{title_eidr}</avails:TitleEIDR-URN>{metadata}"
    head = (
        f"<avails:Avail><avails:ALID>{alid}</avails:ALID>"
        f"<avails:Disposition><avails:EntryType>{entry}</avails:EntryType></avails:Disposition>"
        "<avails:Licensor><md:DisplayName>Studio</md:DisplayName></avails:Licensor>"
        f'<avails:Asset contentID="{asset or alid + "-asset"}"><avails:WorkType>{work}</avails:WorkType>'
        f"<avails:{kind}>{metadata}</avails:{kind}></avails:Asset>"
    )
    return "\n".join([head, *transactions, f"{rest}</avails:Avail>"])


def transaction(
    number: str,
    *,
    licence: str = "SVOD",
    territories: str = "DE",
    start: str = "2024-01-01",
    end: str = "2024-06-30",
    quality: str = "HD",
    rest: str = "",
) -> str:
    """`territories` with blanks between; without an `end` it is open."""
    named = "".join(
        f"<avails:Territory><md:country>{code}</md:country></avails:Territory>"
        for code in territories.split()
    )
    last = f"<avails:End>{end}</avails:End>" if end else "<avails:EndCondition>Open</avails:EndCondition>"
    return (
        f'<avails:Transaction TransactionID="{number}"><avails:LicenseType>{licence}</avails:LicenseType>'
        f"{named}<avails:Start>{start}</avails:Start>{last}{rest}"
        f"<avails:FormatProfile>{quality}</avails:FormatProfile></avails:Transaction>"
    )
