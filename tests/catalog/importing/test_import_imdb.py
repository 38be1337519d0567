"""`manage.py import_imdb` on the real stores: what becomes of each file, again and again."""

import csv
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from bench.imdb_files import write_dump
from catalog.importing import batching
from catalog.models import (
    Content,
    Credit,
    Episode,
    EpisodeOrder,
    ExternalId,
    ExternalIdClaim,
    Marker,
    Person,
    SearchDocument,
    Source,
)
from catalog.search.rebuilding import documents_rebuild
from tests.catalog.importing.dumps import (
    EPISODE,
    MOVIE,
    ROWS,
    SERIES,
    Rows,
    changed,
    id_of,
    import_imdb,
    title_of,
    written,
)
from tests.catalog.importing.importing import SHARED, whole_catalog
from tests.emptying import empty_catalog
from tests.factories import ContentFactory


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return written(tmp_path / "dump")


def test_a_movie_has_everything_that_the_files_say(stores: None, folder: Path) -> None:
    said = import_imdb(folder)

    title = title_of(MOVIE)
    assert said == [
        "3 titles: 3 new, 0 changed, 0 unchanged; 0 rows rejected",
        "1 new title is a draft: public once an editor publishes it, in the admin at "
        "/admin/catalog/content/?status__exact=draft",
        "the catalog has 3 titles (1 movie, 1 series, 1 documentary), 5 genres, 3 people",
        "title.basics: 5 rows read: 3 titles, 2 episodes",
        "title.episode: 2 rows read: 2 episodes of these titles",
    ]
    assert (title.title, title.original_title, title.content_type) == (
        "The Long Night",
        "La larga noche",
        "movie",
    )
    assert (title.release_date, title.duration_minutes) == (date(2019, 1, 1), 90)
    assert (title.rating, title.rating_count) == (Decimal("7.6"), 1234)
    assert (title.status, title.published_at) == ("published", datetime(2019, 1, 1, tzinfo=UTC))
    assert sorted(genre.name for genre in title.genres.all()) == ["Drama", "Thriller"]
    assert list(title.credits.values_list("person__name", "department", "job", "character_name")) == [
        ("Bea Moss", "Acting", "Actor", 'Ana "Nan" Ruiz / The Guard'),
        ("Ada Lund", "Directing", "Director", ""),
        ("Cy Tran", "Production", "Executive producer", ""),
        ("Ada Lund", "Writing", "Writer", ""),
        ("Cy Tran", "Writing", "Writer", ""),
    ]
    assert list(title.alternative_titles.values_list("title", "country", "language", "kind")) == [
        ("Die lange Nacht", "DE", "", "aka"),
        ("Dolgaya noch", "SU", "ru", "transliterated"),
        ("Night One", "", "en", "working"),
    ]
    assert list(title.external_ids.values_list("scheme", "value")) == [("imdb", MOVIE)]
    assert ExternalIdClaim.objects.get(value=MOVIE).content_id == title.content_id


def test_who_plays_two_characters_in_two_rows_has_two_credits(stores: None, tmp_path: Path) -> None:
    rows = [
        (MOVIE, str(place), "nm0000002", "actress", None, characters)
        for place, characters in enumerate(('["Mara"]', '["Her Sister"]', '["Mara"]'), start=1)
    ]
    folder = written(tmp_path / "dump", {"title.principals": rows})

    import_imdb(folder)
    again = import_imdb(folder)[0]

    credits = title_of(MOVIE).credits.filter(job="Actor")
    assert list(credits.values_list("character_name", flat=True)) == ["Mara", "Her Sister"]
    assert again == "3 titles: 0 new, 0 changed, 3 unchanged; 0 rows rejected"


def test_episodes_hang_on_their_series_with_their_seasons(stores: None, folder: Path) -> None:
    import_imdb(folder)

    series = title_of(SERIES)
    assert series.content_type == "series"
    assert list(
        series.episodes.values_list("season_number", "number", "title", "air_date", "runtime_minutes")
    ) == [
        (1, 1, "Pilot", date(2001, 1, 1), 42),
        (2, 7, "The Door", date(2001, 1, 1), None),
    ]
    assert list(series.seasons.values_list("number", flat=True)) == [1, 2]
    assert not Content.objects.filter(title="Pilot").exists()


def test_a_title_without_a_year_is_a_draft(stores: None, folder: Path) -> None:
    import_imdb(folder)

    salt = title_of("tt0000006")
    assert (salt.status, salt.published_at, salt.content_type) == ("draft", None, "documentary")


def test_people_have_what_the_file_of_names_says(stores: None, folder: Path) -> None:
    import_imdb(folder)

    assert list(
        Person.objects.order_by("name").values_list("name", "role", "date_of_birth", "date_of_death")
    ) == [
        ("Ada Lund", "Director", date(1950, 1, 1), date(2010, 1, 1)),
        ("Bea Moss", "Actress", None, None),
        ("Cy Tran", "Production designer", date(1971, 1, 1), None),
    ]


def test_the_same_dump_twice_changes_nothing(stores: None, folder: Path) -> None:
    import_imdb(folder)
    before = whole_catalog()

    assert import_imdb(folder)[0] == "3 titles: 0 new, 0 changed, 3 unchanged; 0 rows rejected"
    assert whole_catalog() == before


def test_gzip_and_plain_are_the_same(stores: None, folder: Path, tmp_path: Path) -> None:
    import_imdb(folder)

    said = import_imdb(written(tmp_path / "zipped", zipped=True))

    assert said[0] == "3 titles: 0 new, 0 changed, 3 unchanged; 0 rows rejected"


def test_documents_made_of_rows_are_those_made_of_tables(stores: None, tmp_path: Path) -> None:
    write_dump(tmp_path, titles=600, seed=5)
    import_imdb(tmp_path)
    made = whole_catalog()
    assert len(made["search_documents"]) > 200

    documents_rebuild()

    assert whole_catalog() == made


def test_a_year_that_the_dump_takes_back_leaves_a_published_title_its_date(
    stores: None, folder: Path
) -> None:
    """Published without a date no row may be: the batch was refused, and so at every run."""
    import_imdb(folder)

    said = import_imdb(written(folder, changed("title.basics", MOVIE, startYear=None, runtimeMinutes="95")))

    title = title_of(MOVIE)
    assert said[0] == "3 titles: 0 new, 1 changed, 2 unchanged; 0 rows rejected"
    assert (title.status, title.published_at) == ("published", datetime(2019, 1, 1, tzinfo=UTC))
    assert (title.release_date, title.duration_minutes) == (None, 95)


def test_an_archived_title_loses_the_date_that_the_dump_takes_back(stores: None, folder: Path) -> None:
    import_imdb(folder)
    Content.objects.update(status="archived")

    import_imdb(written(folder, changed("title.basics", MOVIE, startYear=None)))

    assert title_of(MOVIE).published_at is None


def test_an_episode_that_the_dump_drops_takes_along_what_hangs_on_it(stores: None, folder: Path) -> None:
    """No key of the database does that, and places of lost episodes in other orders stayed taken."""
    import_imdb(folder)
    series = title_of(SERIES)
    for number, episode in enumerate(series.episodes.all(), 1):
        EpisodeOrder.objects.create(
            content=series, episode=episode, order="dvd", season_number=1, number=number
        )
        Marker.objects.create(content=series, episode=episode, kind="intro", start_seconds=0, end_seconds=9)

    import_imdb(written(folder, {"title.episode": ROWS["title.episode"][1:]}))

    (left,) = series.episodes.all()
    assert left.title == "The Door"
    assert [order.episode_id for order in EpisodeOrder.objects.all()] == [left.pk]
    assert [marker.episode_id for marker in Marker.objects.all()] == [left.pk]


def test_an_episode_that_moves_keeps_what_hangs_on_it(stores: None, folder: Path) -> None:
    import_imdb(folder)
    series = title_of(SERIES)
    pilot, door = series.episodes.all()
    for episode in (pilot, door):
        Marker.objects.create(content=series, episode=episode, kind="intro", start_seconds=0, end_seconds=9)
    # An editor puts an episode of their own where the dump is to move one.
    Episode.objects.create(content=series, season_number=3, number=1, title="Ours")

    said = import_imdb(
        written(folder, {"title.episode": [(EPISODE, SERIES, "1", "2"), ("tt0000004", SERIES, "3", "1")]})
    )

    assert said[0] == "3 titles: 0 new, 1 changed, 2 unchanged; 0 rows rejected, 1 conflict"
    assert [str(episode) for episode in series.episodes.all()] == ["S01E02 Pilot", "S03E01 Ours"]
    assert [marker.episode_id for marker in Marker.objects.all()] == [pilot.pk]


def test_a_changed_dump_leaves_what_a_fresh_import_would(stores: None, folder: Path) -> None:
    other: dict[str, Rows | None] = {
        **changed(
            "title.basics", MOVIE, primaryTitle="The Longer Night", genres="Drama,War", startYear="2020"
        ),
        **changed("title.ratings", MOVIE, numVotes="1300"),
        "title.akas": ROWS["title.akas"][1:4],
        "title.crew": [(MOVIE, "nm0000003", "nm0000001"), (SERIES, "nm0000001", None)],
        "title.principals": [
            ROWS["title.principals"][2],
            ROWS["title.principals"][0],
            (SERIES, "1", "nm0000003", "self", None, None),
        ],
        # The two change places, and a third comes in.
        "title.episode": [(EPISODE, SERIES, "2", "7"), ("tt0000004", SERIES, "1", "1")],
    }
    import_imdb(written(folder, other))
    fresh = whole_catalog()
    empty_catalog()
    import_imdb(written(folder))

    said = import_imdb(written(folder, other))

    assert said[0] == "3 titles: 0 new, 2 changed, 1 unchanged; 0 rows rejected"
    found = whole_catalog()
    assert {table: rows for table, rows in found.items() if table not in SHARED} == {
        table: rows for table, rows in fresh.items() if table not in SHARED
    }


def test_what_editors_added_survives_a_changed_dump(stores: None, folder: Path) -> None:
    import_imdb(folder)
    series, movie = title_of(SERIES), title_of(MOVIE)
    Episode.objects.create(content=series, season_number=2, number=8, title="Ours")
    Episode.objects.filter(title="Pilot").update(summary="It begins.")
    ExternalId.objects.create(content=movie, scheme="tmdb", value="77")
    Credit.objects.filter(job="Actor").update(character_name="The Captain")
    Content.objects.filter(content_id=movie.content_id).update(tagline="Wait.", title="Long Night")

    import_imdb(
        written(
            folder,
            {
                **changed("title.episode", EPISODE, episodeNumber="2"),
                **changed("title.ratings", MOVIE, numVotes="2000"),
            },
        )
    )

    assert list(series.episodes.values_list("season_number", "number", "title", "summary")) == [
        (1, 2, "Pilot", "It begins."),
        (2, 7, "The Door", ""),
        (2, 8, "Ours", ""),
    ]
    movie.refresh_from_db()
    assert (movie.title, movie.tagline, movie.rating_count) == ("Long Night", "Wait.", 2000)
    assert movie.external_ids.count() == 2
    assert movie.credits.get(job="Actor").character_name == "The Captain"


def test_a_title_that_has_the_id_already_gets_what_it_lacks(stores: None, folder: Path) -> None:
    ours = ContentFactory(title="Long Night, The", summary="Ours.", rating=None, duration_minutes=None)
    ExternalId.objects.create(content=ours, scheme="imdb", value=MOVIE)
    ExternalIdClaim.objects.create(id=f"imdb:{MOVIE}", scheme="imdb", value=MOVIE, content_id=ours.content_id)

    said = import_imdb(folder)

    assert said[0] == "3 titles: 2 new, 1 changed, 0 unchanged; 0 rows rejected"
    ours.refresh_from_db()
    assert (ours.title, ours.summary, ours.duration_minutes) == ("Long Night, The", "Ours.", 90)
    assert (ours.rating, ours.rating_count) == (Decimal("7.6"), 1234)
    assert (ours.credits.count(), ours.external_ids.count()) == (5, 1)
    assert not Content.objects.filter(content_id=id_of(MOVIE)).exists()
    assert import_imdb(folder)[0] == "3 titles: 0 new, 0 changed, 3 unchanged; 0 rows rejected"


def test_a_claim_of_a_title_that_is_gone_is_no_obstacle(stores: None, folder: Path) -> None:
    import_imdb(folder)
    title_of(MOVIE).delete()  # past the services, which take the claim away

    assert import_imdb(folder)[0] == "3 titles: 1 new, 0 changed, 2 unchanged; 0 rows rejected"
    assert title_of(MOVIE).external_ids.count() == 1


@pytest.mark.parametrize("missing", [["title.akas"], ["title.episode"], ["name.basics"], ["title.ratings"]])
def test_a_missing_file_says_nothing_and_what_it_brought_stays(
    stores: None, folder: Path, missing: list[str]
) -> None:
    import_imdb(folder)
    before = whole_catalog()

    said = import_imdb(written(folder, dict.fromkeys(missing)))

    assert said[0] == "3 titles: 0 new, 0 changed, 3 unchanged; 0 rows rejected"
    assert whole_catalog() == before


def test_a_missing_file_does_not_keep_the_others_from_changing(stores: None, folder: Path) -> None:
    import_imdb(folder)

    said = import_imdb(
        written(folder, {"name.basics": None, **changed("title.ratings", MOVIE, averageRating="8.0")})
    )

    assert said[0] == "3 titles: 0 new, 1 changed, 2 unchanged; 0 rows rejected"
    assert (title_of(MOVIE).rating, title_of(MOVIE).credits.count()) == (Decimal("8.0"), 5)
    document = SearchDocument.objects.get(content_id=id_of(MOVIE))
    assert "bea moss" in document.people


def test_basics_alone_are_titles(stores: None, folder: Path) -> None:
    said = import_imdb(written(folder, {name: None for name in ROWS if name != "title.basics"}))

    assert said[0] == "3 titles: 3 new, 0 changed, 0 unchanged; 0 rows rejected"
    assert (Credit.objects.count(), Episode.objects.count(), Person.objects.count()) == (0, 0, 0)


def test_adult_titles_and_games_are_passed_over_and_counted(stores: None, folder: Path) -> None:
    rows: dict[str, Rows | None] = {
        "title.basics": [
            (MOVIE, "movie", "A", "A", "1", "2019", None, None, None),
            ("tt0000002", "videoGame", "B", "B", "0", "2019", None, None, None),
            ("tt0000003", "movie", "C", "C", "0", "2019", None, None, None),
        ]
    }
    assert import_imdb(written(folder, rows)) == [
        "1 title: 1 new, 0 changed, 0 unchanged; 0 rows rejected",
        "the catalog has 1 title (1 movie, 0 series), 0 genres, 0 people",
        "title.basics: 3 rows read: 1 title, 2 passed over",
        "title.episode: 2 rows read: 2 passed over",
        "passed over: 1 adult title",
        "passed over: 2 episodes without a title or a series",
        "passed over: 1 video game",
    ]
    assert (
        import_imdb(folder, with_adult=True)[0] == "2 titles: 1 new, 0 changed, 1 unchanged; 0 rows rejected"
    )


def test_the_figures_add_up_to_the_rows_of_the_files(stores: None, folder: Path) -> None:
    """Episodes were counted nowhere, so that titles and what was passed over were fewer than the file's rows."""
    adult = "tt0000020"
    rows: dict[str, Rows | None] = {
        "title.basics": [
            *ROWS["title.basics"],
            ("tt0000007", "movie", "X", "X", "0", "MMXX", None, None, None),
            ("tt0000008", "movie", "too few cells"),
            ("tt0000009", "videoGame", "G", "G", "0", "2019", None, None, None),
            *((f"tt000001{n}", "tvEpisode", "E", "E", "0", "2001", None, None, None) for n in range(5)),
            (adult, "tvSeries", "A", "A", "1", "2019", None, None, None),
        ],
        "title.episode": [
            (EPISODE, SERIES, "1", "1"),
            ("tt0000004", SERIES, "1", "1"),
            ("tt0000010", SERIES, None, None),
            ("tt0000011", SERIES, "one", "2"),
            ("tt0000012", adult, "1", "1"),
            ("tt0000013", "tt7777777", "1", "1"),
            ("tt0000014", SERIES, "1", "3"),
            ("tt0000015", SERIES, "1", "4"),
            ("tt0000016", SERIES),
        ],
    }

    said = import_imdb(written(folder, rows))

    assert said[0] == "3 titles: 3 new, 0 changed, 0 unchanged; 5 rows rejected"
    assert said[4:] == [
        "title.basics: 14 rows read: 3 titles, 7 episodes, 2 passed over, 2 rejected",
        "title.episode: 9 rows read: 2 episodes of these titles, 2 of titles that are not imported, 2 passed over, "
        "3 rejected",
        "passed over: 1 adult title",
        "passed over: 1 episode without a number",
        "passed over: 1 episode without a title or a series",
        "passed over: 1 video game",
    ]
    assert Episode.objects.count() == 2
    assert [len(rows[name] or ()) for name in ("title.basics", "title.episode")] == [14, 9]


def test_a_dry_run_counts_and_writes_nothing(stores: None, folder: Path) -> None:
    import_imdb(folder)
    before = whole_catalog()

    said = import_imdb(written(folder, changed("title.basics", MOVIE, primaryTitle="Another")), dry_run=True)

    assert said[:2] == ["3 titles: 0 new, 1 changed, 2 unchanged; 0 rows rejected", "nothing was written"]
    assert whole_catalog() == before


def test_the_report_names_file_and_line(stores: None, folder: Path, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    rows: dict[str, Rows | None] = {
        "title.basics": [
            *ROWS["title.basics"],
            ("tt0000007", "movie", "X", "X", "0", "MMXX", None, None, None),
            ("tt0000008", "podcast", "X", "X", "0", "2020", None, None, None),
            ("tt0000009", "movie", "X", "X", "2001", "2020", None, None, None),
            ("tt0000010", "movie", "X", "X", "0", "2020", None, "Drama", None),
            ("tt0000011", "movie", "X", "X", "0", "2020", None, "51420", None),
            ("tt0000012", "movie", " ", "X", "0", "2020", None, None, None),
        ],
        "title.principals": [
            *ROWS["title.principals"][:3],
            (MOVIE, "4", "nm7777777", "actor", None, None),
            (MOVIE, "5", "nm0000002", "self", None, "not json"),
            (MOVIE, "6", "nm0000002", "self"),
        ],
        "title.ratings": [(MOVIE, "11", "5")],
        "title.episode": [(EPISODE, SERIES, "1", "1"), ("tt0000004", SERIES, "1", "1")],
    }

    said = import_imdb(written(folder, rows), report=report)

    assert said[0] == "4 titles: 4 new, 0 changed, 0 unchanged; 10 rows rejected, 1 mended"
    with report.open(encoding="utf-8", newline="") as file:
        told = sorted((row["file"], int(row["line"]), row["reason"]) for row in csv.DictReader(file))
    assert told == [
        ("title.basics.tsv", 7, "startYear 'MMXX' is no year from 1870 to 2199"),
        ("title.basics.tsv", 8, "titleType 'podcast' is none of the dumps'"),
        ("title.basics.tsv", 9, "isAdult '2001' is neither 0 nor 1"),
        ("title.basics.tsv", 10, "runtimeMinutes 'Drama' is no number"),
        ("title.basics.tsv", 11, "runtimeMinutes 51420 is not 1 to 10,000"),
        ("title.basics.tsv", 12, "primaryTitle is empty"),
        ("title.episode.tsv", 3, "season 1, episode 1 is tt0000003 already"),
        ("title.principals.tsv", 5, "'nm7777777' is nobody in name.basics"),
        ("title.principals.tsv", 6, "characters is no list"),
        ("title.principals.tsv", 7, "4 columns instead of 6"),
        ("title.ratings.tsv", 2, "averageRating '11' is not 0 to 10 with one decimal"),
    ]


def test_a_quote_is_an_ordinary_character(stores: None, folder: Path) -> None:
    import_imdb(written(folder, changed("title.basics", MOVIE, primaryTitle='"Never closed')))

    assert title_of(MOVIE).title == '"Never closed'
    assert Content.objects.count() == 3


def test_what_is_imported_in_many_batches_is_what_is_in_one(
    stores: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_dump(tmp_path, titles=300, seed=2)
    import_imdb(tmp_path)
    once = whole_catalog()
    empty_catalog()
    monkeypatch.setattr(batching, "BATCH_ROWS", 7)

    import_imdb(tmp_path)

    assert whole_catalog() == once
    assert Source.objects.count() == Content.objects.count()


def test_an_id_of_another_title_is_a_conflict_and_no_crash(
    stores: None, folder: Path, tmp_path: Path
) -> None:
    """The first row has the id; the second keeps its title without it."""
    import_imdb(folder)
    other = ContentFactory()
    Content.objects.filter(content_id=id_of(SERIES)).delete()
    ExternalIdClaim.objects.filter(value=SERIES).update(content_id=other.content_id)

    said = import_imdb(folder)

    assert said[0] == "3 titles: 0 new, 1 changed, 2 unchanged; 0 rows rejected"
    assert other.episodes.count() == 2


@pytest.mark.parametrize(
    ("name", "sentence"),
    [("nowhere", "nowhere is no folder."), ("empty", "empty has no title.basics.tsv and no title.basics")],
)
def test_a_folder_without_a_dump_is_one_sentence(
    stores: None, tmp_path: Path, capsys: pytest.CaptureFixture[str], name: str, sentence: str
) -> None:
    """Keeps away: an account of no rows beside the sentence that says why."""
    (tmp_path / "empty").mkdir()
    with pytest.raises(CommandError, match=sentence) as refused:
        call_command("import_imdb", tmp_path / name)

    assert refused.value.returncode == 1
    assert capsys.readouterr() == ("", "")


def test_a_report_over_a_file_of_the_dump_is_refused(stores: None, folder: Path) -> None:
    with pytest.raises(CommandError, match="The report would overwrite"):
        import_imdb(folder, report=folder / "title.akas.tsv")
