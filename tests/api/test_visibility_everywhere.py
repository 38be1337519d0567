"""Nothing that is not public gets out of any public route, of the API or beside it, whatever is asked of it.

Generated over the OpenAPI document and the route table: a new route is covered by itself, and fails here until it is
said what to ask it (`ASKED`, `BODIES`, `tests.api.hidden`), so that none is covered in name only.
"""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import URLPattern
from pytest_django import Settings
from rest_framework.test import APIClient

from analytics.models import User
from streaming.urls import urlpatterns
from tests.api.hidden import (
    COUNTRY,
    LIMIT,
    Case,
    Shared,
    hidden_cases,
    limited_cases,
    nothing,
    public_case,
    shared,
)
from tests.api.operations import Operation, operations, send
from tests.catalog.changes.following import wait_for_others
from tests.factories import UserFactory

AUDIENCE = {"available_in": COUNTRY, "maturity_lte": str(LIMIT)}
Values = tuple[object, ...]

# Query parameter to what is asked by it on behalf of a title. Values that are refused are an answer, too.
ASKED: dict[str, Callable[[Case], Values]] = {
    "q": lambda case: (
        case.asked,
        f"{case.asked} zyx{case.name[1:]}",  # a letter short
        f"{case.asked} star",
        f"{case.asked} alias",
        case.asked[:4],
    ),
    "genre": lambda case: (case.genre.genre_id, case.genre.name),
    "person": lambda case: (case.person.person_id,),
    "keyword": lambda case: (case.keyword.name,),
    "studio": lambda case: (case.studio.name,),
}
# Query parameter to what is asked by it once, for all titles.
ASKED_ONCE: dict[str, Values] = {
    "genre": ("Everybody's genre",),
    "not_genre": ("None of these",),
    "type": ("series",),
    "country": (COUNTRY,),
    "year": ("2000..2030",),
    "runtime": ("1..500",),
    "rating_gte": ("1",),
    "facets": ("genre,type,year,country,keyword,studio",),
    "sort": ("title", "-rating"),
    "lang": ("de",),
    "order": ("dvd",),
    "limit": ("100",),
    "available_in": (COUNTRY, "FR", "WW"),
    "maturity_lte": ("21",),
    "territory": (COUNTRY,),
    "at": ("2026-01-01T00:00:00Z",),
    "cursor": (),  # all there is fits a page
    "since": (),
}
# Operations that write or ask by a body, to the body sent on behalf of a title; None is no body.
BODIES: dict[str, Callable[[Case], Any]] = {
    "lookup_many": lambda case: {"ids": [{"scheme": case.ids["scheme"], "value": case.ids["value"]}]},
    "content_view_increment": lambda case: None,
    "content_review_create": lambda case: {"rating": 8, "comment": "Worth it."},
}
ABOUT_PEOPLE = {"auth_register", "auth_token", "auth_token_refresh", "auth_logout"}
# Of the operations that are looked at, those with nothing to show of any title, and why.
SILENT = {
    "user_ids": "of users, for staff",
    "user_watch_history": "a viewer's own past, of whom nothing was played here",
    "content_view_increment": "a number",
    "content_review_create": "the viewer's own review",
    "content_visibility": "for staff",
}
# Operations that tell by its id that a title which was public is so no longer.
TELL_OF_ENDS = {"changes"}
# What routes beside the API and the admin do not begin with.
NOT_BESIDE = ("api/v1/", "^api/", "admin", "admin/")


@dataclass
class World:
    common: Shared
    public: Case
    hidden: list[Case]
    limited: list[Case]
    client: APIClient
    viewer: User
    leaks: list[str] = field(default_factory=list)
    shown: set[str] = field(default_factory=set)

    @property
    def visits(self) -> list[tuple[Case, dict[str, object]]]:
        """Each title with the ids of its own, and what they share."""
        own = [(case, case.ids) for case in (self.public, *self.hidden, *self.limited)]
        return [*own, *((self.public, {**self.public.ids, **ids}) for ids in self.common.paths())]

    def look(self, name: str, url: str, text: str, sent: str, *, limited: bool) -> None:
        """Notes what an answer tells of titles that are hidden from who asked. What was sent is no news."""
        told = text.lower().replace(sent.lower(), "") if sent else text.lower()
        for case in [*self.hidden, *(self.limited if limited else [])]:
            found = [word for word in case.telltales if word in told]
            if name in TELL_OF_ENDS and case.was_public:
                found = [word for word in found if word != str(case.content_id)]
            if found:
                self.leaks.append(f"{name} tells {found} of the {case.name} title: {url}")
        if any(word in told for word in self.public.telltales):
            self.shown.add(name)


@pytest.fixture
def world(
    stores: None, as_viewer: Callable[[User], APIClient], settings: Settings, replicated: Callable[[], None]
) -> World:
    settings.THROTTLE_RATES = {"auth": "100000/min", "write": "100000/min"}
    common: Shared = shared()
    public = public_case(common)
    viewer = UserFactory()
    replicated()
    hidden, limited = hidden_cases(common, public), limited_cases(common)
    wait_for_others()
    return World(common, public, hidden, limited, as_viewer(viewer), viewer)


def test_every_path_parameter_has_values_to_look_with(world: World) -> None:
    known = {*world.public.ids, "user_id"}
    for called in operations():
        missing = set(called.ids) - known
        assert not missing, (
            f"{called.path} has the path parameter {missing}: give `tests.api.hidden._own` what it is of each title."
        )


def test_every_query_parameter_and_body_has_values_to_look_with() -> None:
    for called in operations():
        missing = set(called.query) - {*ASKED, *ASKED_ONCE}
        assert not missing, (
            f"{called.path} has the query parameter {missing}: say in ASKED what to ask by it."
        )
        if called.method != "GET" and called.name not in ABOUT_PEOPLE:
            assert called.name in BODIES, f"{called.method} {called.path}: say in BODIES what to send."


@pytest.mark.parametrize("audience", [{}, AUDIENCE], ids=["anybody", "a child in Germany"])
def test_no_operation_of_the_api_tells_of_what_its_audience_may_not_see(
    world: World, audience: dict[str, str]
) -> None:
    looked_at = set()
    for called in operations():
        if called.name in ABOUT_PEOPLE or not set(audience) <= set(called.query):
            continue
        looked_at.add(called.name)
        for case, ids in world.visits:
            _look_for(world, called, case, ids, audience)

    assert not world.leaks, "\n".join(world.leaks)
    silent = looked_at - world.shown - set(SILENT)
    assert not silent, (
        f"{silent} showed nothing of the public title either, so that nothing is proved of them: "
        "give them what they need in ASKED or `tests.api.hidden`, or a reason in SILENT."
    )


def _look_for(
    world: World, called: Operation, case: Case, ids: dict[str, object], audience: dict[str, str]
) -> None:
    url = called.path.format(**ids, user_id=world.viewer.user_id)
    body = json.dumps(BODIES[called.name](case)).encode() if called.body else b""
    for query in _queries(called, case, first=ids is world.public.ids):
        sent = "&".join(f"{name}={_quoted(value)}" for name, value in {**query, **audience}.items())
        address = f"{url}?{sent}" if sent else url
        answer = send(world.client, called, address, body)
        assert answer.status_code < 500, address
        asked_by = " ".join(str(value) for value in query.values())
        world.look(called.name, address, _text_of(answer), asked_by, limited=bool(audience))


def _queries(called: Operation, case: Case, *, first: bool) -> Iterator[dict[str, object]]:
    """Nothing but what must be asked, then each parameter by itself."""
    needed = {name: ASKED[name](case)[0] for name in called.needed}
    yield needed
    for name in called.query:
        asked = ASKED[name](case) if name in ASKED else ()
        for value in (*asked, *(ASKED_ONCE.get(name, ()) if first else ())):
            yield {**needed, name: value}


def _quoted(value: object) -> str:
    return str(value).replace("%", "%25").replace("&", "%26").replace(" ", "%20").replace("'", "%27")


def _text_of(answer: Any) -> str:
    """The body and the headers: an address to go on at is an answer, too."""
    body = b"".join(answer.streaming_content) if answer.streaming else answer.content
    headers = " ".join(f"{name}: {value}" for name, value in answer.headers.items())
    return f"{body.decode(errors='replace')} {headers}"


def test_what_only_hidden_titles_have_is_refused_as_what_there_is_not(world: World) -> None:
    """Else whoever guesses a name or an id would learn that there is one."""
    strange = nothing()
    compared = set()
    for called in operations():
        if called.name in {*ABOUT_PEOPLE, *SILENT}:
            continue
        for case in (case for case in world.hidden if case.name != "merged"):  # which leads to the public one
            if _answers(world, called, case) != _answers(world, called, strange):
                world.leaks.append(f"{called.name} tells that there is a {case.name} title")
        compared.add(called.name)

    assert {"content_list", "search", "lookup"} <= compared
    assert not world.leaks, "\n".join(world.leaks)


def _answers(world: World, called: Operation, case: Case) -> list[tuple[int, object]]:
    """The status of all that is asked on behalf of a title, and which parameters are refused as what."""
    found: list[tuple[int, object]] = []
    url = called.path.format(**case.ids, user_id=world.viewer.user_id)
    body = json.dumps(BODIES[called.name](case)).encode() if called.body else b""
    for query in _queries(called, case, first=False):
        sent = "&".join(f"{name}={_quoted(value)}" for name, value in query.items())
        answer = send(world.client, called, f"{url}?{sent}" if sent else url, body)
        refused = answer.json() if answer.status_code >= 400 else {}
        errors = [(error["field"], error["code"]) for error in refused.get("errors", ())]
        found.append((answer.status_code, (refused.get("code"), errors)))
    return found


def test_no_route_beside_the_api_tells_of_what_is_not_public(world: World) -> None:
    client = Client(raise_request_exception=False)
    for route in _routes_beside():
        for case, ids in world.visits:
            for query in ("", f"?q={case.asked}"):
                url = f"/{_filled(route, ids)}{query}"
                answer = client.get(url)
                assert answer.status_code < 500, url
                world.look(route, url, _text_of(answer), query[3:], limited=False)

    assert not world.leaks, "\n".join(world.leaks)


def _routes_beside() -> list[str]:
    return [
        str(each.pattern)
        for each in urlpatterns
        if isinstance(each, URLPattern) and not str(each.pattern).startswith(NOT_BESIDE)
    ]


def _filled(route: str, ids: dict[str, object]) -> str:
    path = route
    for part in route.split("/"):
        if part.startswith("<"):
            name = part.strip("<>").rpartition(":")[2]
            assert name in ids, (
                f"The route {route} has the parameter {name}: give `tests.api.hidden._own` what it is of each title."
            )
            path = path.replace(part, str(ids[name]))
    return path


def test_a_leak_is_seen(world: World) -> None:
    """The test of the test: what would be a leak is noted as one, in the body and in a header, and an echo is not."""
    draft, unrated = world.hidden[0], world.limited[0]

    world.look("of a name", "/", '{"title": "Ulvdraft ZYXDRAFT"}', "", limited=False)
    world.look("of an id", "/", f"Location: /content/{draft.content_id}", "", limited=False)
    world.look(
        "of an echo", "/", "There is no genre 'Ulvdraft Zyxdraft genre'.", draft.genre.name, limited=False
    )
    world.look("of the limited", "/", f"{unrated.content_id}", "", limited=True)
    world.look("of the unlimited", "/", f"{unrated.content_id} {uuid4()}", "", limited=False)

    assert [leak.partition(" tells")[0] for leak in world.leaks] == [
        "of a name",
        "of an id",
        "of the limited",
    ]
