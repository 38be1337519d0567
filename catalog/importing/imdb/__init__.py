"""The format "imdb": the public dumps of the IMDb, seven tab-separated files in one folder.

`dump` opens them, `aside` holds what must be had by another order than the file's, `joining` brings together what
they say of each title, `reading` makes titles of it. How each column reads: docs/importing.md.
"""

from catalog.importing.imdb.dump import dump_opened
from catalog.importing.imdb.joining import Imdb

__all__ = ["Imdb", "dump_opened"]
