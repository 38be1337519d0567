from django.urls import path

from analytics.views import LogoutView, RefreshView, RegisterView, TokenView

literal = [
    path("auth/register", RegisterView.as_view()),
    path("auth/token", TokenView.as_view()),
    path("auth/token/refresh", RefreshView.as_view()),
    path("auth/logout", LogoutView.as_view()),
]
