"""`manage.py import_avails FILE[.gz]`: availability windows of MovieLabs Avails, as often as one likes."""

from catalog.importing.avails.format import Avails
from catalog.importing.command import ImportCommand
from catalog.importing.spool import opened_to_spool


class Command(ImportCommand):
    help = "Imports MovieLabs Avails (XML), plain or gzip. Repeatable: only what differs is written."
    source = Avails()
    opening = staticmethod(opened_to_spool)
