"""What the web server loads."""

import os

from django.core.wsgi import get_wsgi_application

from streaming.api.chunked import with_length
from streaming.stores.deadline import guard_postgres

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streaming.settings")
guard_postgres()
application = with_length(get_wsgi_application())
