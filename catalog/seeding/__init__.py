"""Seeded titles: made from vocabularies, written by COPY, the same for the same arguments.

`plan_titles` decides what every title is and keeps only what the other stores need of it; the rows themselves
are made while they are copied (`rows`), so memory stays small. Entry points are the names below.
"""

from catalog.seeding.load import catalog_counts, catalog_empty, titles_load
from catalog.seeding.plan import TitlePlan, Vocabulary, plan_titles

__all__ = ["TitlePlan", "Vocabulary", "catalog_counts", "catalog_empty", "plan_titles", "titles_load"]
