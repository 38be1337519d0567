"""`manage.py import_titles FILE[.gz]`: the titles of a listing, into the catalog, as often as one likes."""

from catalog.importing.command import ImportCommand
from catalog.importing.listing import Listing


class Command(ImportCommand):
    help = "Imports the titles of a CSV listing, plain or gzip. Repeatable: only what differs is written."
    source = Listing()
