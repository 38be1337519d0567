"""What somebody did on a title, by which merges know two credits for one.

Entry point: `part_of`.
"""

from catalog.models import Credit


def part_of(credit: Credit) -> tuple[str, str]:
    """The job and the character. Who plays three characters has three parts; a credit that names no character is a part
    of its own, because nothing says which of them it is."""
    return credit.job, credit.character_name
