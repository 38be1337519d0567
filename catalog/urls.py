from django.urls import path

from catalog.views.lookup import LookupManyView, LookupView
from catalog.views.titles import CastView, ContentIdsView, ContentView

literal = [
    path("content/ids", ContentIdsView.as_view()),
    path("lookup", LookupManyView.as_view()),
    path("lookup/<str:scheme>/<path:value>", LookupView.as_view()),
]
by_id = [
    path("content/<uuid:content_id>", ContentView.as_view()),
    path("content/<uuid:content_id>/cast", CastView.as_view()),
]
