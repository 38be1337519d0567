from django.urls import path

from trending.views import TrendingDailyView, ViewIncrementView

literal = [path("content/trending/daily", TrendingDailyView.as_view())]
by_id = [path("content/<uuid:content_id>/views/increment", ViewIncrementView.as_view())]
