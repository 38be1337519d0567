"""What the web server loads."""

import multiprocessing
import os
import signal

if multiprocessing.parent_process() is not None:
    # A worker of the server, forked with the server's own handlers, which do nothing in it: until it serves and has
    # its own, a signal to end has to end it. And Ctrl-C at a terminal goes to the whole group; a worker that gets it
    # beside its server's signal never ends (Granian 2), so workers leave the group and the server alone stops them.
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    os.setpgrp()

from django.core.wsgi import get_wsgi_application

from streaming.api.chunked import with_length
from streaming.stores.deadline import guard_postgres

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streaming.settings")
guard_postgres()
application = with_length(get_wsgi_application())
