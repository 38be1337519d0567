"""Whatever is sent to whichever operation: a documented 4xx, never a 500, HTML or a driver's words."""

import base64
import json
import uuid
from typing import Any

import pytest
from pytest_django import Settings

from tests.api.conftest import World
from tests.api.operations import (
    Operation,
    assert_problem,
    assert_problem_shape,
    operation,
    operation_names,
    operations,
    send,
)

ANY_ID = "0f8fad5b-d9cb-469f-a165-70867728950e"
MALFORMED_IDS = (
    *("nope", "0", "-1", "%00", "%0a", "%ED%A0%80", "%FF", "a" * 5000, "{" + ANY_ID + "}", ANY_ID + "0"),
    *(ANY_ID.upper(), ANY_ID.replace("-", ""), "urn:uuid:" + ANY_ID, ANY_ID + "%00", "'%20OR%201=1--"),
    *("%D9%A1" * 32, "..%2f..%2fadmin"),
)
MALFORMED_LIMITS = (
    *("0", "-1", "1000000000", "1e9", "abc", "", "%20", "%D9%A1", "1_0", "+5", "5.0", "0x10", "%00", "NaN"),
    *("9" * 5000, "-" + "9" * 5000, "9" * 18, "9" * 19, "1%0a", "true", "null", "[1]"),
)
VALUES_OF_OTHER_TYPES: dict[str, tuple[Any, ...]] = {
    "string": (1, 1.5, True, None, [], {}, ["a"], {"$ne": ""}, "", "nul\x00", "   "),
    "number": (True, False, None, "8", "", "nan", [], {}, {"$gt": 0}, 1e30, -1e30, 2**64, -(2**70), -1, 7.3),
    "boolean": ("true", "no", "", 0, 1, None, [], {}, 2**64),
    "integer": (True, None, "8", 1.5, [], {}, 2**64, -(2**70)),
    "array": (
        1,
        True,
        None,
        "text",
        "nul\x00",
        {},
        {"0": {}},
        [],
        [None],
        ["a"],
        [[]],
        [{}],
        [{"$ne": ""}] * 101,
    ),
}
BODIES_THAT_ARE_NO_OBJECT = (
    *(b"", b" ", b"null", b"[]", b"[{}]", b'"text"', b"1", b"true", b"NaN", b"Infinity", b"-Infinity", b"{"),
    *(b"\xff\xfe", b"\xef\xbb\xbf{}", b'"\\ud800"', b"\xed\xa0\x80", b"{}{}", b"{'a': 1}", b"{} trailing"),
    *(b"[" * 60_000, b'{"a":' * 12_000, b"1e400", b"9" * 5000, b"\x00", b"{}\x00", b"a=1&b=2"),
    b"[" * 900 + b"]" * 900,
)


def cursor(value: Any) -> str:
    return base64.urlsafe_b64encode(
        value if isinstance(value, bytes) else json.dumps(value).encode()
    ).decode()


VALUES_OF_NO_CURSOR: tuple[Any, ...] = (
    *(None, 1, "text", [], {}, [None], [1], [ANY_ID] * 3, [[ANY_ID]], [{"$gt": ""}]),
    *([""], ["nope"], ["\x00"], ["1; DROP TABLE users"], ["2020-01-01", ""]),
    *(b"\xff", b"[" * 370, b'["\\ud800"]', b"\xef\xbb\xbf[]", b"[1e400]", b"[" + b"9" * 360),
)
MALFORMED_CURSORS = (
    *("", "%00", "nope", "!!!!", "é", "====", "a", "a" * 501, "A" * 100_000, "' OR 1=1 --", "%ED%A0%80"),
    *map(cursor, VALUES_OF_NO_CURSOR),
)


ARRAYS = [{"scheme": "imdb", "value": "tt0000001"}]  # of what the one operation with an array takes


def good_body(called: Operation) -> dict[str, Any]:
    """A body of the right shape; whether it would be accepted does not matter to what is wrong with it then."""
    sample = {"number": 8, "string": "text", "boolean": False, "integer": 1, "array": ARRAYS}
    formats, names = {"email": "a@example.org"}, {"lang": "de"}
    fields = (called.body or {}).get("properties", {})
    return {
        name: names.get(name) or formats.get(described.get("format")) or sample[described["type"]]
        for name, described in fields.items()
    }


@pytest.mark.parametrize("name", [called.name for called in operations() if called.ids])
def test_a_malformed_or_unknown_id_is_not_found(world: World, name: str) -> None:
    called = operation(name)
    for malformed in (*MALFORMED_IDS, ANY_ID):
        for replaced in called.ids:
            url = called.url({**world.ids, replaced: malformed})
            answer = send(world.client, called, url, json.dumps(good_body(called)).encode())
            if name == "user_watch_history" and malformed == ANY_ID:
                assert (answer.status_code, answer.json()) == (200, [])  # asked by staff
                continue
            body = assert_problem(answer, called, url[:200])
            assert (body["status"], body["code"]) == (404, "not_found"), url[:200]


@pytest.mark.parametrize("name", operation_names())
def test_a_parameter_that_is_unknown_or_repeated_is_refused(world: World, name: str) -> None:
    called = operation(name)
    body = json.dumps(good_body(called)).encode() if called.body else b""

    for query in ("x=1", "x", "%00=1", "%ED%A0%80=1", "message=1&code=2", "content_id__in=1", "format=json"):
        problem = assert_problem(
            send(world.client, called, called.url(world.ids, query), body), called, query
        )
        assert problem["code"] == "invalid"
        assert {error["code"] for error in problem["errors"]} == {"unknown"}, query
    for repeated in (*called.query, "x"):
        query = f"{repeated}=1" if repeated in called.needed else f"{repeated}=1&{repeated}=1"
        problem = assert_problem(
            send(world.client, called, called.url(world.ids, query), body), called, query
        )
        assert problem["errors"] == [
            {"field": repeated, "code": "repeated", "detail": "Given more than once."}
        ]
    many = "&".join(["a"] * 20_001)
    assert_problem(send(world.client, called, called.url(world.ids, many), body), called, "20,001 parameters")


@pytest.mark.parametrize("name", [called.name for called in operations() if "limit" in called.query])
def test_a_malformed_limit_is_refused(world: World, name: str) -> None:
    called = operation(name)
    for limit in MALFORMED_LIMITS:
        told = called.url(world.ids, f"limit={limit}")
        problem = assert_problem(send(world.client, called, told), called, told[:200])
        assert (problem["code"], problem["errors"][0]["field"]) == ("invalid", "limit"), told[:200]


@pytest.mark.parametrize("name", [called.name for called in operations() if "cursor" in called.query])
def test_a_cursor_that_is_not_of_the_list_is_refused(world: World, name: str) -> None:
    called = operation(name)
    for malformed in MALFORMED_CURSORS:
        told = called.url(world.ids, f"cursor={malformed}")
        problem = assert_problem(send(world.client, called, told), called, told[:200])
        assert (problem["code"], problem["errors"][0]["field"]) == ("invalid", "cursor"), told[:200]


@pytest.mark.parametrize("name", [called.name for called in operations() if called.body])
def test_a_body_with_a_wrong_field_is_refused(world: World, name: str) -> None:
    called = operation(name)
    url, good = called.url(world.ids), good_body(called)

    def problem_of(body: dict[str, Any]) -> dict[str, Any]:
        return assert_problem(send(world.client, called, url, json.dumps(body).encode()), called, str(body))

    for field, described in (called.body or {})["properties"].items():
        for value in VALUES_OF_OTHER_TYPES[described["type"]]:
            problem = problem_of({**good, field: value})
            if isinstance(value, str) and "\x00" in value:
                assert problem["code"] == "malformed_json"
            elif not (field == "password" and value == "   "):  # blanks are characters of a password
                named = {error["field"].partition(".")[0] for error in problem["errors"]}
                assert field in named, (field, value)
        for raw in (b'"\\ud800"', b'"\xed\xa0\x80"', b'"\xff"', b"1e400", b"NaN", b"Infinity", b"[" * 30_000):
            body = json.dumps(good).encode()[:-1] + b', "' + field.encode() + b'":' + raw + b"}"
            told = f"{field} {raw[:20]!r}"
            assert (
                assert_problem(send(world.client, called, url, body), called, told)["code"]
                == "malformed_json"
            )
    for field in (called.body or {})["required"]:
        problem = problem_of({name: value for name, value in good.items() if name != field})
        assert {"field": field, "code": "required", "detail": "This field is required."} in problem["errors"]
    for unknown in (
        "x",
        "message",
        "code",
        "non_field_errors",
        "",
        "a.b",
        "$where",
        "user_id",
        "é",
        "__proto__",
    ):
        problem = problem_of({**good, unknown: 1, "code": 2})
        assert {error["code"] for error in problem["errors"]} == {"unknown"}, unknown
    assert problem_of({**good, "x\x00": 1})["code"] == "malformed_json"


@pytest.mark.parametrize("name", [called.name for called in operations() if called.method != "GET"])
def test_a_body_that_is_no_object_or_too_large_is_refused(world: World, name: str) -> None:
    called = operation(name)
    url = called.url(world.ids)
    for body in BODIES_THAT_ARE_NO_OBJECT:
        answer = send(world.client, called, url, body)
        if called.body is None and body == b"":
            assert answer.status_code == 200
        else:
            assert assert_problem(answer, called, repr(body[:40]))["status"] == 400
    for size, status in ((65_536, 400), (65_537, 413), (10_000_000, 413)):
        answer = send(world.client, called, url, b'"' + b"a" * (size - 2) + b'"')
        assert assert_problem(answer, called, f"{size} bytes")["status"] == status
    told_length = world.client.generic(called.method, url, "{}", CONTENT_LENGTH="9" * 5000)
    assert assert_problem(told_length, called, "a length of 5,000 digits")["status"] == 413
    for media_type in (
        *(
            "text/plain",
            "text/html",
            "application/xml",
            "application/x-www-form-urlencoded",
            "nope",
            "a/b;\xff",
        ),
        *(
            "multipart/form-data; boundary=x",
            "multipart/form-data",
            "application/jsonp",
            "application/json/x",
        ),
    ):
        answer = send(world.client, called, url, b"a=1&b=2", content_type=media_type)
        assert assert_problem(answer, called, media_type)["status"] == 415


@pytest.mark.parametrize("name", operation_names())
def test_headers_that_do_not_hold_are_refused(world: World, name: str) -> None:
    called = operation(name)
    url, body = called.url(world.ids), json.dumps(good_body(called)).encode()
    for accepted in ("text/html", "application/xml", "image/*", "nope", "/", "application/json;q"):
        answer = send(world.client, called, url, body, accept=accepted)
        if answer.status_code == 406 or answer.status_code >= 500:
            assert assert_problem(answer, called, accepted)["code"] == "not_acceptable"
    assert send(world.client, called, url, body, accept="text/html").status_code == 406
    for host in ("evil.example", "a b", "localhost:nope", "[::1", "local\x00host"):
        problem = assert_problem(send(world.client, called, url, body, host=host), called, host)
        assert (problem["status"], problem["code"]) == (400, "invalid")
    for tags in ('"', "W/", "*,", '"a', "\xff", '"' + "a" * 60_000 + '"'):
        assert send(world.client, called, url, body, **{"if-none-match": tags}).status_code != 500


@pytest.mark.parametrize("name", operation_names())
def test_a_token_that_does_not_hold_is_refused_where_one_is_read(world: World, name: str) -> None:
    """Public reads and logging in do not look at it: a stale token must not stop them."""
    called = operation(name)
    url, body = called.url(world.ids), json.dumps(good_body(called)).encode()
    protected = 403 in called.declared
    for value in (
        "Bearer",
        "Bearer x",
        "Bearer a.b.c",
        "Bearer x y",
        "Bearer \x00",
        "Bearer \xff",
        "Bearer " * 9,
    ):
        answer = send(world.client, called, url, body, authorization=value)
        if protected:
            assert assert_problem(answer, called, value)["code"] == "not_authenticated"
            assert answer.status_code == 401
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'
        else:
            assert answer.status_code in called.declared
    for value in ("Basic YTpi", "Basic", "nope", "", "\x00"):
        answer = send(world.client, called, url, body, authorization=value)
        assert answer.status_code in called.declared
        if protected:
            assert assert_problem(answer, called, value)["status"] == 401
            assert answer.headers["WWW-Authenticate"] == 'Bearer realm="api"'


@pytest.mark.parametrize("debug", [False, True])
def test_a_wrong_method_or_path_is_a_problem(world: World, settings: Settings, debug: bool) -> None:
    settings.DEBUG = debug
    methods_of: dict[str, set[str]] = {}
    for called in operations():
        methods_of.setdefault(called.path, set()).add(called.method)
    for called in operations():
        allowed = methods_of[called.path] | ({"HEAD"} if "GET" in methods_of[called.path] else set())
        for method in {"GET", "POST", "PUT", "PATCH", "DELETE", "TRACE", "PROPFIND", "HEAD"} - allowed:
            answer = world.client.generic(
                method, called.url(world.ids), "{}", content_type="application/json"
            )
            assert answer.status_code == 405, (method, called.path)
            assert set(answer.headers["Allow"].split(", ")) == methods_of[called.path] | (
                allowed - {"HEAD"} | {"HEAD", "OPTIONS"} if "GET" in allowed else {"OPTIONS"}
            )
            if method != "HEAD":
                assert assert_problem(answer, called, method)["code"] == "method_not_allowed"
    for path in (
        "/api/",
        "/api/v1",
        "/api/v1/",
        "/api/v2/content/ids",
        "/api/v1/content/ids/",
        "/api/%00",
        "/api/v1//",
    ):
        for method in ("GET", "POST", "DELETE", "OPTIONS"):
            answer = world.client.generic(method, path)
            assert assert_problem_shape(answer, path)["code"] == "not_found"
            assert answer.status_code == 404
    host = world.client.get("/api/v1/content/ids", headers={"host": "evil.example"})
    assert (host.status_code, assert_problem_shape(host, "host")["code"]) == (400, "invalid")
    schema = world.client.post("/api/schema", b"{}", content_type="application/json")
    assert (schema.status_code, assert_problem_shape(schema, "schema")["code"]) == (405, "method_not_allowed")


def test_a_bug_is_a_problem_too(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Not a store that is away but code that is wrong: still no page of HTML."""
    monkeypatch.setattr("catalog.views.titles.content_record", lambda **_: uuid.UUID("not a record"))

    answer = world.client.get(f"/api/v1/content/{ANY_ID}")

    assert (answer.status_code, assert_problem_shape(answer, "a bug")["code"]) == (500, "internal_error")
