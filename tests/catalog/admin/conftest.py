import pytest
from django.test import Client

from tests.admin_pages import superuser


@pytest.fixture
def editor(stores: None) -> Client:
    return superuser()
