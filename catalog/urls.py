from django.urls import path

from catalog.views.changes import ChangesView
from catalog.views.collections import CollectionsView, CollectionView
from catalog.views.episodes import EpisodesView, SeasonsView
from catalog.views.listing import ContentListView, GenresView, KeywordsView, SimilarView, StudiosView
from catalog.views.lookup import LookupManyView, LookupView
from catalog.views.merged import person_moved, title_moved
from catalog.views.people import PersonView
from catalog.views.search import SearchView, SuggestView
from catalog.views.titles import CastView, ContentIdsView, ContentView
from catalog.views.visibility import VisibilityView
from streaming.api.moved import leads_on

leads_on("content_id", title_moved)
leads_on("person_id", person_moved)

literal = [
    path("content", ContentListView.as_view()),
    path("changes", ChangesView.as_view()),
    path("content/ids", ContentIdsView.as_view()),
    path("genres", GenresView.as_view()),
    path("keywords", KeywordsView.as_view()),
    path("studios", StudiosView.as_view()),
    path("collections", CollectionsView.as_view()),
    path("lookup", LookupManyView.as_view()),
    path("lookup/<str:scheme>/<path:value>", LookupView.as_view()),
    path("search", SearchView.as_view()),
    path("search/suggest", SuggestView.as_view()),
]
by_id = [
    path("content/<uuid:content_id>", ContentView.as_view()),
    path("content/<uuid:content_id>/cast", CastView.as_view()),
    path("content/<uuid:content_id>/visibility", VisibilityView.as_view()),
    path("content/<uuid:content_id>/seasons", SeasonsView.as_view()),
    path("content/<uuid:content_id>/seasons/<int:season_number>/episodes", EpisodesView.as_view()),
    path("content/<uuid:content_id>/similar", SimilarView.as_view()),
    path("collections/<uuid:collection_id>", CollectionView.as_view()),
    path("people/<uuid:person_id>", PersonView.as_view()),
]
