from django.urls import path

from trending.views import ViewIncrementView

by_id = [path("content/<uuid:content_id>/views/increment", ViewIncrementView.as_view())]
