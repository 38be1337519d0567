#!/usr/bin/env python
"""Django's command line; the settings find their own environment (see streaming/settings.py)."""

import os
import sys

from django.core.exceptions import ImproperlyConfigured
from django.core.management import execute_from_command_line

if __name__ == "__main__":
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "streaming.settings")
    try:
        execute_from_command_line(sys.argv)
    except ImproperlyConfigured as error:  # an operator's to mend: one sentence, no traceback
        sys.exit(f"manage.py: {error}")
    except KeyboardInterrupt:
        sys.stderr.write("manage.py: interrupted.\n")
        sys.exit(130)  # 128 + SIGINT, as a shell has it
