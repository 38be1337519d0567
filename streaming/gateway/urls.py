from django.urls import path

from streaming.gateway.views import (
    DetailsView,
    ReviewsView,
    TrendingDailyView,
    UserIdsView,
    WatchHistoryView,
)

literal = [
    path("content/trending/daily", TrendingDailyView.as_view()),
    path("content/users/ids", UserIdsView.as_view()),
    path("content/users/<uuid:user_id>/watch-history", WatchHistoryView.as_view()),
]
by_id = [
    path("content/<uuid:content_id>/details", DetailsView.as_view()),
    path("content/<uuid:content_id>/reviews", ReviewsView.as_view()),
]
