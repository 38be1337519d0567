"""`manage.py import_mec FILE[.gz]`: titles, seasons and episodes of MovieLabs MEC, as often as one likes."""

from catalog.importing.command import ImportCommand
from catalog.importing.mec.format import Mec
from catalog.importing.spool import opened_to_spool


class Command(ImportCommand):
    help = "Imports MovieLabs MEC (XML), plain or gzip. Repeatable: only what differs is written."
    source = Mec()
    opening = staticmethod(opened_to_spool)
