"""The editors' pages: titles, people, genres, keywords, studios, collections, levels of maturity.

Every write goes through `catalog.services`. Django finds the pages by importing this package.
"""

from catalog.admin.collections import CollectionAdmin
from catalog.admin.maturity import MaturityLevelAdmin
from catalog.admin.people import PersonAdmin
from catalog.admin.terms import GenreAdmin, KeywordAdmin, StudioAdmin
from catalog.admin.titles import ContentAdmin

__all__ = [
    "CollectionAdmin",
    "ContentAdmin",
    "GenreAdmin",
    "KeywordAdmin",
    "MaturityLevelAdmin",
    "PersonAdmin",
    "StudioAdmin",
]
