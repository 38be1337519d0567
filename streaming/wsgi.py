"""What the web server loads."""

import multiprocessing
import os

from django.core.wsgi import get_wsgi_application

from streaming.api.chunked import with_length
from streaming.stores.deadline import guard_postgres

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streaming.settings")
guard_postgres()
if multiprocessing.parent_process() is not None:
    # A worker of the server. Ctrl-C at a terminal goes to the whole group; a worker that gets it beside its server's
    # own signal never ends (Granian 2), so workers leave the group and the server alone stops them.
    os.setpgrp()
application = with_length(get_wsgi_application())
