"""Watch time by genre and week: what is counted where, how it is asked for, and what is said when it fails."""

import csv
import io
import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import connections
from django.test import Client
from django.utils import timezone

from catalog.models import Content
from streaming.gateway.reports import watch_time as reports
from streaming.gateway.reports.rendering import as_json, csv_text, week_name
from streaming.gateway.reports.watch_time import Line, RangeRefused, ReportFailed, days_of, watch_time
from tests.admin_pages import client_of, staff_with, superuser
from tests.factories import ContentFactory, GenreFactory, UserFactory, WatchHistoryFactory
from tests.outages import away
from tests.served import until
from tests.test_query_budgets import Budget, spent

PAGE = "/admin/reports/watch-time"
WEEK_1, WEEK_2 = date(2020, 1, 6), date(2020, 1, 13)
FIRST, LAST = date(2020, 1, 6), date(2020, 1, 19)
QUERY = {"first": f"{FIRST}", "last": f"{LAST}"}
LINES = [
    Line("genre", WEEK_1, "Drama", 3, 3600 + 1800 + 60, 2),
    Line("genre", WEEK_1, "Comedy", 2, 3600 + 1800, 1),
    Line("all titles", WEEK_1, None, 3, 3600 + 1800 + 60, 2),
    Line("genre", WEEK_2, "Drama", 1, 600, 1),
    Line("without genre", WEEK_2, None, 1, 300, 1),
    Line("deleted titles", WEEK_2, None, 2, 90, 2),
    Line("all titles", WEEK_2, None, 4, 990, 4),
]
WHOLE = [
    Line("genre", None, "Drama", 4, 6060, 2),
    Line("genre", None, "Comedy", 2, 5400, 1),
    Line("without genre", None, None, 1, 300, 1),
    Line("deleted titles", None, None, 2, 90, 2),
    Line("all titles", None, None, 7, 6450, 5),
]


@pytest.fixture
def watched(replicated: Callable[[], None]) -> Callable[[], None]:
    """The plays that `LINES` are of: on both ends of two weeks, and a play before and after them."""
    viewer = UserFactory()
    both, drama, plain = (
        ContentFactory(title="Metropolis", genres=["Drama", "Comedy"]),
        ContentFactory(title="Nosferatu", genres=["Drama"]),
        ContentFactory(title="Faust"),
    )
    for title, at, seconds in (
        (drama, "2020-01-05T23:59:59.999999", 7000),
        (both, "2020-01-06T00:00:00", 3600),
        (both, "2020-01-08T12:00:00", 1800),
        (drama, "2020-01-12T23:59:59.999999", 60),
        (drama, "2020-01-13T00:00:00", 600),
        (plain, "2020-01-15T12:00:00", 300),
        (None, "2020-01-16T12:00:00", 40),
        (None, "2020-01-19T23:59:59.999999", 50),
        (both, "2020-01-20T00:00:00", 7000),
    ):
        played = {"content_id": title.content_id} if title else {}
        WatchHistoryFactory(
            user=viewer,
            watched_at=datetime.fromisoformat(at).replace(tzinfo=UTC),
            duration_watched_seconds=seconds,
            **played,
        )
    replicated()
    return replicated


def test_every_play_counts_for_each_genre_of_its_title_and_once_in_all(watched: Callable[[], None]) -> None:
    report = watch_time(first=FIRST, last=LAST)

    assert report.weekly == LINES
    assert report.whole == WHOLE


def test_the_weeks_at_the_ends_are_cut_off(watched: Callable[[], None]) -> None:
    report = watch_time(first=date(2020, 1, 8), last=date(2020, 1, 13))

    assert [line for line in report.weekly if line.kind == "all titles"] == [
        Line("all titles", WEEK_1, None, 2, 1860, 2),
        Line("all titles", WEEK_2, None, 1, 600, 1),
    ]


def test_a_deleted_title_keeps_its_plays_in_the_total(watched: Callable[[], None]) -> None:
    Content.objects.get(title="Metropolis").delete()

    report = watch_time(first=FIRST, last=LAST)

    assert report.whole == [
        Line("genre", None, "Drama", 2, 660, 1),
        Line("without genre", None, None, 1, 300, 1),
        Line("deleted titles", None, None, 4, 5490, 3),
        WHOLE[-1],
    ]


def test_one_genre_is_its_lines_alone(watched: Callable[[], None]) -> None:
    report = watch_time(first=FIRST, last=LAST, genre="Comedy")

    assert (report.weekly, report.whole) == ([LINES[1]], [WHOLE[1]])


def test_a_draft_counts_as_well(replicated: Callable[[], None]) -> None:
    title = ContentFactory(status="draft", genres=["Drama"])
    WatchHistoryFactory(content_id=title.content_id, watched_at=datetime(2020, 1, 6, tzinfo=UTC))
    replicated()

    assert [line.label for line in watch_time(first=FIRST, last=LAST).whole] == ["Drama", "all titles"]


def test_the_weeks_are_those_of_the_iso_calendar_across_years(replicated: Callable[[], None]) -> None:
    viewer = UserFactory()
    days = [date(2018, 12, 30) + timedelta(days=n) for n in range(0, 735, 7)]
    for day in days:
        WatchHistoryFactory(
            user=viewer, watched_at=datetime(day.year, day.month, day.day, 23, 59, tzinfo=UTC)
        )
    replicated()

    weekly = watch_time(first=days[1], last=days[-1]).weekly

    assert [line.week for line in weekly if line.week and line.kind == "all titles"] == [
        date.fromisocalendar(*day.isocalendar()[:2], 1) for day in days[1:]
    ]


def test_the_plays_are_summed_on_the_replica(stores: None) -> None:
    """Else every play of the range would travel: date_trunc, for one, is not sent."""
    limit, query = reports.STATEMENT.strip().split("\n", 1)
    days = {"start": datetime(2020, 1, 6, tzinfo=UTC), "end": datetime(2020, 1, 20, tzinfo=UTC)}
    with connections["catalog"].cursor() as cursor:
        cursor.execute(f"{limit} EXPLAIN (VERBOSE, COSTS OFF, FORMAT JSON) {query}", days)
        ((plan,),) = cursor.fetchone()

    (scan,) = foreign_scans(plan["Plan"])

    assert scan["Relations"] == "Aggregate on (analytics.user_watch_history)"
    assert "sum(duration_watched_seconds) FROM public.user_watch_history WHERE" in scan["Remote SQL"]
    assert scan["Remote SQL"].endswith("GROUP BY 1, 2")


def foreign_scans(plan: Any) -> list[dict[str, Any]]:
    """Wherever they stand: on Citus below other keys than on plain PostgreSQL."""
    if isinstance(plan, list):
        return [scan for part in plan for scan in foreign_scans(part)]
    if not isinstance(plan, dict):
        return []
    here = [plan] if plan.get("Node Type") == "Foreign Scan" else []
    return [*here, *foreign_scans(list(plan.values()))]


@pytest.mark.parametrize(
    ("asked", "days"),
    [
        ((None, date(2020, 1, 15)), (date(2019, 10, 28), date(2020, 1, 15))),
        ((date(2020, 1, 1), date(2020, 1, 1)), (date(2020, 1, 1), date(2020, 1, 1))),
        ((None, date.min), (date.min, date.min)),
    ],
)
def test_the_days_are_the_last_twelve_weeks_unless_asked_otherwise(asked: Any, days: Any) -> None:
    assert days_of(*asked) == days


def test_the_last_day_is_today_unless_asked_otherwise() -> None:
    today = timezone.now().date()
    assert days_of(today, None) == (today, today)


@pytest.mark.parametrize(
    ("first", "last", "refusal"),
    [
        (date(2020, 1, 2), date(2020, 1, 1), "The first day, 2020-01-02, is after the last, 2020-01-01."),
        (date(2018, 1, 1), date(2020, 1, 1), "At most 104 weeks are reported on at once; this is longer."),
        (date.max, date.max, "The last day is 9999-12-31; nothing is watched on that day."),
    ],
)
def test_days_that_cannot_be_are_refused(first: date, last: date, refusal: str) -> None:
    with pytest.raises(RangeRefused) as refused:
        days_of(first, last)
    assert str(refused.value) == refusal


def printed(*arguments: str) -> str:
    out = io.StringIO()
    call_command("report", "watch-time", "--from", f"{FIRST}", "--to", f"{LAST}", *arguments, stdout=out)
    return out.getvalue()


def test_the_command_prints_weeks_then_the_whole_range(watched: Callable[[], None]) -> None:
    *lines, _, note, as_of = printed().splitlines()

    assert lines == [
        "Watch time by genre and ISO week (UTC), 2020-01-06 to 2020-01-19",
        "",
        "2020-W02                         hours        plays     titles",
        "          Drama                    1.5            3          2",
        "          Comedy                   1.5            2          1",
        "          all titles               1.5            3          2",
        "",
        "2020-W03                         hours        plays     titles",
        "          Drama                    0.2            1          1",
        "          without genre            0.1            1          1",
        "          deleted titles           0.0            2          2",
        "          all titles               0.3            4          4",
        "",
        "in all                           hours        plays     titles",
        "          Drama                    1.7            4          2",
        "          Comedy                   1.5            2          1",
        "          without genre            0.1            1          1",
        "          deleted titles           0.0            2          2",
        "          all titles               1.8            7          5",
    ]
    assert note.startswith("A title with several genres counts for each of them")
    assert as_of.startswith("As of 20")


def test_the_command_prints_csv(watched: Callable[[], None]) -> None:
    rows = list(csv.DictReader(io.StringIO(printed("--csv", "--genre", "drama"))))

    assert rows[0] == {
        "week": "2020-W02",
        "week_starts": "2020-01-06",
        "line": "genre",
        "genre": "Drama",
        "hours": "1.52",
        "plays": "3",
        "titles": "2",
    }
    assert [(row["week"], row["hours"]) for row in rows] == [
        ("2020-W02", "1.52"),
        ("2020-W03", "0.17"),
        ("", "1.68"),
    ]


def test_a_csv_cell_is_no_formula_and_numbers_stay_numbers() -> None:
    """A spreadsheet ran what a genre was called."""
    names = ['=HYPERLINK("http://evil","x")', "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "Drama", "Sci-Fi"]
    lines = [Line("genre", None, name, -3, 3600, 1) for name in names]
    report = reports.WatchTime(FIRST, LAST, None, [], lines, timezone.now(), 0)

    rows = list(csv.DictReader(io.StringIO(csv_text(report), newline="")))

    assert [row["genre"] for row in rows] == [*(f"'{name}" for name in names[:6]), "Drama", "Sci-Fi"]
    assert {(row["hours"], row["plays"]) for row in rows} == {("1.0", "-3")}
    assert [line["genre"] for line in as_json(report)["whole"]] == names


@pytest.mark.parametrize(
    ("monday", "name"),
    [
        (date(1, 1, 1), "0001-W01"),
        (date(2020, 12, 28), "2020-W53"),
        (date(2024, 12, 30), "2025-W01"),
        (None, ""),
    ],
)
def test_a_week_has_a_year_of_four_digits(monday: date | None, name: str) -> None:
    assert week_name(monday) == name


def test_the_command_prints_json(watched: Callable[[], None]) -> None:
    answer = json.loads(printed("--json"))

    assert (answer["from"], answer["to"], answer["genre"]) == ("2020-01-06", "2020-01-19", None)
    assert [line["plays"] for line in answer["weeks"]] == [line.plays for line in LINES]
    assert answer["whole"][-1] == {
        "week": None,
        "week_starts": None,
        "line": "all titles",
        "genre": None,
        "hours": 1.79,
        "plays": 7,
        "titles": 5,
    }
    assert answer["replica_lag_bytes"] >= 0


def test_the_command_says_when_nothing_was_watched(replicated: Callable[[], None]) -> None:
    replicated()  # that the plays of the test before are gone
    assert "Nothing was watched." in printed().splitlines()


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--from", "2020-13-01"], "argument --from: '2020-13-01' is not a day; write it as in 2026-01-31"),
        (["--from", "2020-02-01"], "The first day, 2020-02-01, is after the last, 2020-01-19."),
        (["--genre", "dramma"], "There is no genre 'dramma'; the nearest is 'Drama'."),
        (["--genre", "zzz"], "There is no genre 'zzz'."),
        (["--csv", "--json"], "not allowed with argument"),
    ],
)
def test_the_command_refuses_in_one_sentence(stores: None, arguments: list[str], sentence: str) -> None:
    GenreFactory(name="Drama")
    with pytest.raises(CommandError) as refused:
        printed(*arguments)
    assert sentence in str(refused.value)
    assert "\n" not in str(refused.value)


@pytest.mark.parametrize("store", ["replica", "catalog"])
def test_the_command_says_which_store_is_away(stores: None, store: str) -> None:
    with away(store), pytest.raises(CommandError) as refused:
        printed()
    assert str(refused.value) == f"The {store} does not answer: Connection refused."


def test_without_the_primary_the_report_says_that_the_lag_is_not_known(watched: Callable[[], None]) -> None:
    with away("analytics"):
        last = printed().splitlines()[-1]
    assert last.endswith("; how far the replica was behind the primary is not known.")


def test_a_report_that_takes_too_long_is_stopped(
    watched: Callable[[], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reports, "STATEMENT", reports.STATEMENT.replace("'25s'", "'1ms'"))
    with pytest.raises(
        ReportFailed, match=r"^The report took too long and was stopped: choose a shorter range"
    ):
        watch_time(first=FIRST, last=LAST)


def test_what_the_replica_says_is_passed_on(stores: None) -> None:
    mapping = "ALTER USER MAPPING FOR CURRENT_USER SERVER analytics_server OPTIONS (SET password '{}')"
    with connections["catalog"].cursor() as cursor:
        cursor.execute(
            "SELECT split_part(umoptions[2], '=', 2) FROM pg_user_mappings WHERE usename = current_user"
        )
        (password,) = cursor.fetchone()
        cursor.execute(mapping.format("former"))
        try:
            with pytest.raises(ReportFailed) as failed:
                watch_time(first=FIRST, last=LAST)
        finally:
            cursor.execute(mapping.format(password))
    assert str(failed.value) == (
        'The replica cannot be read: password authentication failed for user "analytics_reader";'
        " `manage.py federation check` says more."
    )


def test_a_replica_that_is_not_set_up_is_not_reported_on(stores: None) -> None:
    with connections["analytics_replica"].cursor() as cursor:
        cursor.execute("BEGIN; ALTER VIEW replication.position RENAME TO mislaid")
        try:
            with pytest.raises(
                ReportFailed, match=r"^The replica is not set up: run `manage.py setup_stores`"
            ):
                watch_time(first=FIRST, last=LAST)
        finally:
            cursor.execute("ROLLBACK")


def test_the_replica_lets_the_report_run_as_long_as_it_may(stores: None) -> None:
    """The reader's own limit was the shorter one: no report ever took the seconds it is given."""
    limit = "SELECT extract(epoch FROM option_value::interval) FROM pg_roles, pg_options_to_table(rolconfig)"
    with connections["analytics_replica"].cursor() as cursor:
        cursor.execute(f"{limit} WHERE rolname = 'analytics_reader' AND option_name = 'statement_timeout'")
        assert cursor.fetchone()[0] > reports.STATEMENT_SECONDS


def test_a_replica_that_does_not_follow_is_not_reported_on(replicated: Callable[[], None]) -> None:
    """While a table is being copied it would show too little; a disabled subscription is the same to whoever asks."""
    with connections["analytics_replica"].cursor() as cursor:
        cursor.execute("ALTER SUBSCRIPTION analytics_sub DISABLE")
        try:
            with pytest.raises(ReportFailed, match=r"see `manage.py replication status`"):
                watch_time(first=FIRST, last=LAST)
        finally:
            cursor.execute("ALTER SUBSCRIPTION analytics_sub ENABLE")
    until(lambda: following(replicated), "the replica follows again")


def following(replicated: Callable[[], None]) -> bool:
    replicated()
    return watch_time(first=FIRST, last=LAST).lag_bytes is not None


def test_the_page_shows_what_the_command_prints(watched: Callable[[], None]) -> None:
    page = superuser().get(PAGE, QUERY)

    assert page.status_code == 200
    assert [row.line for row in page.context["rows"]] == WHOLE
    assert [(row.week, row.line.plays, row.percent) for row in page.context["bars"]] == [
        ("2020-W02", 3, 100),
        ("2020-W03", 4, 18),
    ]
    assert page.context["rows"][1].hours_by_week == [1.5, None]
    assert "As of 20" in page.content.decode()
    assert "https://" not in page.content.decode()


def test_the_page_starts_with_the_last_twelve_weeks(replicated: Callable[[], None]) -> None:
    replicated()
    page = superuser().get(PAGE)

    first, last = days_of(None, None)
    assert (page.status_code, page.context["form"]["first"].value()) == (200, f"{first}")
    assert f'name="last" value="{last}"' in page.content.decode()
    assert "Nothing was watched in these days." in page.content.decode()


def test_the_page_gives_the_csv_of_the_command(watched: Callable[[], None]) -> None:
    answer = superuser().get(PAGE, {**QUERY, "format": "csv"})

    assert answer.content.decode() == printed("--csv")
    assert answer.headers["Content-Type"] == "text/csv; charset=utf-8"
    assert answer.headers["Content-Disposition"] == (
        'attachment; filename="watch-time-2020-01-06-2020-01-19.csv"'
    )


def test_one_genre_on_the_page(watched: Callable[[], None]) -> None:
    page = superuser().get(PAGE, {**QUERY, "genre": "Comedy"})

    assert [row.line for row in page.context["rows"]] == [WHOLE[1]]
    assert [row.line for row in page.context["bars"]] == [LINES[1]]


@pytest.mark.parametrize(
    ("query", "errors"),
    [
        ({"first": "soon"}, {"first": ["Enter a valid date."]}),
        ({"last": "2020-02-31"}, {"last": ["Enter a valid date."]}),
        ({"first": "2020-01-01\x00"}, {"first": ["Enter a valid date."]}),
        ({"genre": "Noir"}, {"genre": ["Select a valid choice. Noir is not one of the available choices."]}),
        (
            {"first": "2020-02-01", "last": "2020-01-01"},
            {"__all__": ["The first day, 2020-02-01, is after the last, 2020-01-01."]},
        ),
        (
            {"first": "0001-01-01", "last": "2020-01-01"},
            {"__all__": ["At most 104 weeks are reported on at once; this is longer."]},
        ),
    ],
)
@pytest.mark.parametrize("shape", [{}, {"format": "csv"}], ids=["page", "csv"])
def test_what_cannot_be_asked_is_an_error_of_the_form(
    stores: None, query: dict[str, str], errors: dict[str, list[str]], shape: dict[str, str]
) -> None:
    page = superuser().get(PAGE, {**query, **shape})

    assert page.status_code == 200
    assert page.context["form"].errors == errors


def test_a_genre_s_name_is_text_on_the_page(watched: Callable[[], None]) -> None:
    Content.objects.get(title="Faust").genres.add(GenreFactory(name="<script>alert(1)</script>"))

    page = superuser().get(PAGE, QUERY).content.decode()

    assert "<script>alert(1)" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;</th>" in page


@pytest.mark.parametrize(
    ("store", "message"),
    [("replica", "The replica does not answer"), ("catalog", "The catalog does not answer")],
)
def test_without_a_store_the_page_says_so(stores: None, store: str, message: str) -> None:
    editor = superuser()
    with away(store):
        page = editor.get(PAGE)

    assert (page.status_code, message in page.content.decode()) == (503, True)
    assert "Traceback" not in page.content.decode()


def test_the_page_is_for_staff_who_may_see_plays(stores: None) -> None:
    assert Client().get(PAGE).headers["Location"] == f"/admin/login/?next={PAGE}"
    assert client_of(UserFactory()).get(PAGE).headers["Location"] == f"/admin/login/?next={PAGE}"
    assert staff_with("view_content").get(PAGE).status_code == 403
    assert staff_with("view_watchhistory").get(PAGE).status_code == 200
    assert superuser().post(PAGE).status_code == 405


def test_the_admin_s_first_page_leads_to_the_report(stores: None) -> None:
    link = f'<a href="{PAGE}">Watch time by genre and week</a>'

    assert link in superuser().get("/admin/").content.decode()
    assert link in staff_with("view_watchhistory").get("/admin/").content.decode()
    assert link not in staff_with("view_content").get("/admin/").content.decode()


def test_what_the_page_costs(watched: Callable[[], None]) -> None:
    """One statement on the catalog for the report, one for the genres; the session, the user and the lag on the
    primary; on the replica its position."""
    editor = superuser()
    for _ in range(2):
        with spent() as cost:
            assert editor.get(PAGE, QUERY).status_code == 200
        assert cost() == Budget(catalog=2, analytics=4, replica=1)
        ContentFactory.create_batch(20, genres=["Drama", "Western"])


def test_a_week_in_which_nothing_was_watched_has_its_place_on_the_page(watched: Callable[[], None]) -> None:
    WatchHistoryFactory(watched_at=datetime(2020, 2, 6, tzinfo=UTC))
    watched()

    page = superuser().get(PAGE, {"first": "2020-01-06", "last": "2020-03-01"})

    assert [(row.week, row.line.plays) for row in page.context["bars"]] == [
        ("2020-W02", 3),
        ("2020-W03", 4),
        ("2020-W04", 1),
        ("2020-W05", 0),
        ("2020-W06", 1),
    ]
