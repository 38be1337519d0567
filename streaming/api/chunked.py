"""Bodies sent without a length (`Transfer-Encoding: chunked`): Django takes such a body for an empty one.

`with_length` stands in front of Django's WSGI application and gives API calls the length of what came. It reads
no more than one byte over the limit, which the envelope then answers with 413.
"""

from collections.abc import Iterable
from io import BytesIO
from typing import TYPE_CHECKING

from django.conf import settings

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment


def with_length(application: "WSGIApplication") -> "WSGIApplication":
    def sized(environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        chunked = "HTTP_TRANSFER_ENCODING" in environ and not environ.get("CONTENT_LENGTH")
        if chunked and environ["PATH_INFO"].startswith("/api/"):
            body = environ["wsgi.input"].read(settings.API_BODY_LIMIT + 1)
            environ["wsgi.input"] = BytesIO(body)
            environ["CONTENT_LENGTH"] = str(len(body))
        return application(environ, start_response)

    return sized
