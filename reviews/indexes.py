"""The collections' indexes: which are declared and not there. `manage.py document_indexes` makes them.

Entry point: `missing_indexes`. Failure: `pymongo.errors.PyMongoError`.
"""

from reviews.documents import Review


def missing_indexes() -> list[str]:
    """Names of declared indexes that the store lacks, in order."""
    present = Review._get_collection().index_information()
    return [index["name"] for index in Review._meta["indexes"] if index["name"] not in present]
