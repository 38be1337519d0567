"""The only route table. Literal paths stand before those with an id; what matches nothing is a problem, not a page."""

from django.contrib import admin
from django.urls import include, path, re_path
from django.views.generic import RedirectView
from drf_spectacular.views import SpectacularAPIView, SpectacularRedocView, SpectacularSwaggerView

import analytics.urls
import catalog.urls
import streaming.gateway.urls
import trending.urls
from catalog.admin import ContentAdmin
from streaming.api.health import livez, metrics, readyz
from streaming.api.problems import internal_error, no_such_path
from streaming.gateway.kept_elsewhere import kept_elsewhere
from streaming.gateway.reports.pages import watch_time_page
from streaming.gateway.site.home import home
from streaming.gateway.site.rendering import icon
from streaming.gateway.site.title import title
from streaming.gateway.site.titles import titles

handler500 = internal_error
admin.site.site_header = admin.site.site_title = "Streaming Metadata Platform"
admin.site.index_title = "Catalog, people and plays"
ContentAdmin.kept_elsewhere = staticmethod(kept_elsewhere)
admin.site.index_template = "gateway/admin_index.html"  # Django's own, and the reports

API_V1 = [
    *analytics.urls.literal,
    *catalog.urls.literal,
    *streaming.gateway.urls.literal,
    *catalog.urls.by_id,
    *trending.urls.by_id,
    *streaming.gateway.urls.by_id,
]

urlpatterns = [
    path("", home, name="home"),
    path("titles", titles, name="titles"),
    path("titles/<uuid:content_id>", title, name="title"),
    path("favicon.ico", icon),
    path("livez", livez),
    path("readyz", readyz),
    path("metrics", metrics),
    path("api-docs", SpectacularSwaggerView.as_view(url_name="schema"), name="api-docs"),
    path("api/schema", SpectacularAPIView.as_view(), name="schema"),
    path("api/redoc", SpectacularRedocView.as_view(url_name="schema", template_name="streaming/redoc.html")),
    path("api/v1/", include(API_V1)),
    re_path("^api/", no_such_path),
    path("admin", RedirectView.as_view(url="/admin/")),  # APPEND_SLASH is off
    path("admin/reports/watch-time", watch_time_page, name="watch-time"),
    path("admin/", admin.site.urls),
]
