"""What every page has: its deadline, its headers, and a page in place of an error.

Entry points: `page`, a decorator, `spoken`, and `icon`, a view. A view raises `django.http.Http404` for what is not
there and lets an outage of a store pass; both become pages that say so.
"""

import logging
from collections.abc import Callable
from functools import wraps
from typing import Any

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.utils.cache import patch_vary_headers
from django.views.decorators.http import require_safe

from catalog.languages import Chain, chain_of, languages_accepted
from streaming.stores.deadline import within
from streaming.stores.outage import StoreUnavailable, unavailable_as
from streaming.stores.refusal import first_line

logger = logging.getLogger(__name__)
# Scripts and styles are ours alone. Artwork lies where editors say, so pictures may come from anywhere over TLS.
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; form-action 'self'; "
    "img-src 'self' https: data:; base-uri 'none'; frame-ancestors 'none'"
)
RETRY_SECONDS = "5"
View = Callable[..., HttpResponse]


def page(view: View) -> View:
    """Bounds the view by an API request's deadline, and sees to its headers and failures."""

    @require_safe
    @wraps(view)
    def bounded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
        try:
            with unavailable_as("a store"), within(settings.DEADLINES["/api/"]):
                response = view(request, *args, **kwargs)
        except Http404:
            response = render(request, "site/not_found.html", status=404)
        except StoreUnavailable as error:
            logger.warning("%s is not shown: %s", request.path, first_line(error.__cause__))
            response = render(request, "site/unavailable.html", status=503)
            response["Retry-After"] = RETRY_SECONDS
        patch_vary_headers(response, ["Accept-Language"])
        response["Content-Security-Policy"] = POLICY
        response["Referrer-Policy"] = "same-origin"
        response.setdefault("Cache-Control", "no-cache")
        return response

    return bounded


def spoken(request: HttpRequest) -> Chain:
    """Where to look for texts: in the browser's languages."""
    return chain_of(languages_accepted(request.headers.get("Accept-Language", "")))


@require_safe
def icon(request: HttpRequest) -> HttpResponse:
    """To the icon, for browsers that ask for one without looking at the page: those of the admin and the API's."""
    return redirect(static("site/icon.svg"))
