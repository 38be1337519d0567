"""Lists of titles by what they are: their vocabulary, filters, orders, pages and the counts of facets.

A request and the rule of a collection are the same question, a `ListQuery`. Entry points: `parse` and `list_query`
read one, `titles_list` and `facets_of` answer it, `public_list` where anybody may ask. Failure: `Unreadable`, in words
for whoever asked.
"""

from catalog.listing.facets import COUNTS_KEY, FACETS, facets_of
from catalog.listing.naming import name_asked, public_list
from catalog.listing.titles import Page, titles_list
from catalog.listing.vocabulary import LONGEST_NAME, Choice, ListQuery, Range, Unreadable, list_query, parse

__all__ = [
    "COUNTS_KEY",
    "FACETS",
    "LONGEST_NAME",
    "Choice",
    "ListQuery",
    "Page",
    "Range",
    "Unreadable",
    "facets_of",
    "list_query",
    "name_asked",
    "parse",
    "public_list",
    "titles_list",
]
