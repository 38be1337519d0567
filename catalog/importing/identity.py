"""Ids of imported rows, made from what the source says, so that an import run again meets its own rows.

No table of correspondences is needed: a title's id follows from scheme and key, a person's from the name, and
those of a title's children from the title's. Changing anything here would import every title anew.
"""

from functools import lru_cache
from uuid import UUID, uuid5

from catalog.importing.records import Part

NAMESPACE = UUID("0583c5f7-6eb2-42a0-b1bc-4b28ab3ac280")


def content_id(scheme: str, key: str) -> UUID:
    return uuid5(NAMESPACE, f"{scheme}:{key}")


@lru_cache(maxsize=1 << 14)  # each is asked for once to insert the person and once for each credit
def person_id(name: str) -> UUID:
    """People of the same exact name are one person."""
    return uuid5(NAMESPACE, f"person:{name}")


def credit_id(content: UUID, part: Part) -> UUID:
    return uuid5(content, f"credit:{part.job}:{part.name}")


def season_id(content: UUID, number: int) -> UUID:
    return uuid5(content, f"season:{number}")


def source_id(content: UUID, scheme: str, key: str) -> UUID:
    return uuid5(content, f"source:{scheme}:{key}")
