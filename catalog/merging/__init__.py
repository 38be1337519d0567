"""Titles and people that turned out to be one, and how it is undone.

The loser's row stays, with what hangs on it, so that nothing is lost; the survivor gets copies of what it lacks, and
the loser's external ids. What was done is kept with the merge (`undo`), each row with a digest of its values: undoing
takes back what nobody has changed since, and says what it left.

`titles` and `people` merge and undo, `taking_over` copies the rows of a title and takes them back. `kinds` says which
titles cannot be one; `licences` unites what two may be shown by, `parting` parts it by what `noting` has noted.
Redirects are `catalog.selectors.merged`. docs/data-model.md says what becomes of plays, reviews and views.
"""

from catalog.merging.people import people_merge, person_unmerge
from catalog.merging.refusing import CannotMerge, Unconfirmed
from catalog.merging.titles import content_unmerge, contents_merge

__all__ = [
    "CannotMerge",
    "Unconfirmed",
    "content_unmerge",
    "contents_merge",
    "people_merge",
    "person_unmerge",
]
