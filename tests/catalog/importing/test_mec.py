"""MovieLabs MEC: what each element becomes, and what becomes of series that come in pieces."""

from datetime import date
from pathlib import Path

import pytest

from catalog.importing.files import BrokenOff, Unreadable
from catalog.importing.identity import content_id
from catalog.importing.mec.format import Mec
from catalog.importing.records import (
    AlternativeTitle,
    Artwork,
    Credit,
    ExternalId,
    MaturityRating,
    Note,
    Row,
    Title,
    Translation,
)
from catalog.importing.spool import opened_to_spool
from catalog.models import Artwork as ArtworkRow
from catalog.models import Content, Episode, ExternalIdClaim, Season, Source
from tests.catalog.importing.importing import whole_catalog
from tests.catalog.importing.movielabs import core, episode, info, mec, noted, run, season
from tests.factories import ContentFactory

MOVIE = "md:cid:eidr-s:1111-2222-3333-4444-5555-S"
SERIES = "md:cid:eidr-s:AAAA-BBBB-CCCC-DDDD-EEEE-I"
SEASON = "md:cid:org:studio.example:ferry-s1"
FULL = core(
    MOVIE,
    infos=info(
        "de",
        title="Die Nachtfähre",
        rest="<md:TitleSort>Nachtfähre, Die</md:TitleSort><md:Summary400>Jemand  wartet\n am Kai.</md:Summary400>",
    )
    + info(
        "en",
        title="Night Ferry",
        default=True,
        rest="""<md:TitleSort>Night Ferry</md:TitleSort>
<md:ArtReference resolution="1000x1500" purpose="poster">https://art.example/en.jpg</md:ArtReference>
<md:ArtReference resolution="1920x1080">https://art.example/wide.jpg</md:ArtReference>
<md:ArtReference resolution="10x10">md:imageid:eidr-x:1111-2222-3333-4444-5555-S:art.en</md:ArtReference>
<md:Summary190>Somebody waits.</md:Summary190>
<md:Summary4000>Somebody waits at the quay.</md:Summary4000>
<md:Genre level="0">Drama</md:Genre><md:Genre id="Thriller"/>
<md:Keyword>ferry</md:Keyword><md:Keyword>night</md:Keyword>
<md:OriginalTitle>Le bac de nuit</md:OriginalTitle>
<md:TitleAlternate type="alternative" language="fr">Le bac</md:TitleAlternate>
<md:TitleAlternate type="misspelling">Nite Fery</md:TitleAlternate>""",
    ),
    rest="""<md:RunLength>PT1H37M30S</md:RunLength><md:ReleaseDate>2019-05-17</md:ReleaseDate>
<md:AltIdentifier><md:Namespace>IMDB</md:Namespace><md:Identifier>tt0111161</md:Identifier></md:AltIdentifier>
<md:AltIdentifier><md:Namespace>ISAN</md:Namespace>
<md:Identifier>0000-0000-D07A-0090-Q-0000-0000-X</md:Identifier></md:AltIdentifier>
<md:AltIdentifier><md:Namespace>org:studio.example</md:Namespace><md:Identifier>42</md:Identifier></md:AltIdentifier>
<md:RatingSet><md:Rating><md:Region><md:country>US</md:country></md:Region><md:System>MPAA</md:System>
<md:Value>PG-13</md:Value><md:Reason>violence</md:Reason></md:Rating>
<md:Rating><md:Region><md:country>DE</md:country></md:Region><md:System>FSK</md:System><md:Value>12</md:Value>
</md:Rating></md:RatingSet>
<md:People><md:Job><md:JobFunction>Director</md:JobFunction></md:Job>
<md:Name><md:DisplayName>Ana Ruiz</md:DisplayName></md:Name></md:People>
<md:People><md:Job><md:JobFunction>Actor</md:JobFunction><md:BillingBlockOrder>2</md:BillingBlockOrder>
<md:Character>The Pilot</md:Character></md:Job><md:Name><md:DisplayName>Chi Wei</md:DisplayName></md:Name></md:People>
<md:People><md:Job><md:JobFunction>Actor</md:JobFunction><md:BillingBlockOrder>1</md:BillingBlockOrder>
<md:Character>Mara</md:Character><md:Character>Her Sister</md:Character></md:Job>
<md:Name><md:DisplayName>Ben Okri</md:DisplayName></md:Name>
<md:Identifier><md:Identifier>nm0000001</md:Identifier><md:Namespace>imdb.com</md:Namespace></md:Identifier></md:People>
<md:CountryOfOrigin><md:country>FR</md:country></md:CountryOfOrigin>
<md:CountryOfOrigin><md:country>DE</md:country></md:CountryOfOrigin>
<md:OriginalLanguage>fr-fr</md:OriginalLanguage>
<md:AssociatedOrg role="distributor"><md:DisplayName>Ferry Pictures</md:DisplayName></md:AssociatedOrg>""",
)


def rows_of(tmp_path: Path, text: str) -> list[Row | Note]:
    path = tmp_path / "mec.xml"
    path.write_text(text, encoding="utf-8")
    with opened_to_spool(path) as file:
        return list(Mec().rows(file))


def row_of(tmp_path: Path, *cores: str) -> Row:
    (row,) = rows_of(tmp_path, mec(*cores))
    assert isinstance(row, Row), row
    return row


def written(tmp_path: Path, *cores: str) -> Path:
    path = tmp_path / "mec.xml"
    path.write_text(mec(*cores), encoding="utf-8")
    return path


def test_every_element_has_its_place(tmp_path: Path) -> None:
    row = row_of(tmp_path, FULL)

    assert (row.line, row.key, row.mended) == (2, "10.5240/1111-2222-3333-4444-5555-S", "")
    assert row.title == Title(
        title="Night Ferry",
        content_type="movie",
        status="draft",
        summary="Somebody waits at the quay.",
        original_title="Le bac de nuit",
        sort_title="Night Ferry",
        release_date=date(2019, 5, 17),
        duration_minutes=98,
        original_language="fr-FR",
        countries=("FR", "DE"),
        genres=("Drama", "Thriller"),
        keywords=("ferry", "night"),
        studios=("Ferry Pictures",),
        credits=(
            Credit("Actor", "Ben Okri", "Acting", "Mara / Her Sister", person="imdb:nm0000001"),
            Credit("Actor", "Chi Wei", "Acting", "The Pilot"),
            Credit("Director", "Ana Ruiz", "Directing"),
        ),
        translations=(
            Translation(
                "de", "Die Nachtfähre", sort_title="Nachtfähre, Die", summary_400="Jemand wartet am Kai."
            ),
            Translation(
                "en",
                "Night Ferry",
                sort_title="Night Ferry",
                summary_190="Somebody waits.",
                summary_4000="Somebody waits at the quay.",
            ),
        ),
        alternative_titles=(AlternativeTitle("Le bac", language="fr"),),
        artwork=(
            Artwork("poster", "https://art.example/en.jpg", "en", 1000, 1500, is_primary=True),
            Artwork("backdrop", "https://art.example/wide.jpg", "en", 1920, 1080, is_primary=True),
        ),
        maturity_ratings=(
            MaturityRating("MPA", "PG-13", "US", ("violence",)),
            MaturityRating("FSK", "12", "DE"),
        ),
        external_ids=(
            ExternalId("eidr", "10.5240/1111-2222-3333-4444-5555-S"),
            ExternalId("imdb", "tt0111161"),
            ExternalId("isan", "0000-0000-D07A-0090-Q-0000-0000-X"),
            ExternalId("org-studio-example", "42"),
        ),
    )


def test_what_was_kept_says_the_same_again(tmp_path: Path) -> None:
    row = row_of(tmp_path, FULL)

    assert Mec().title_of(row.record) == row.title


def test_one_record_may_be_the_whole_document_and_of_any_minor_version(tmp_path: Path) -> None:
    single = FULL.replace(
        "<mdmec:CoreMetadata>",
        '<mdmec:CoreMetadata xmlns:mdmec="http://www.movielabs.com/schema/mdmec/v2.4/mdmec"'
        ' xmlns:md="http://www.movielabs.com/schema/md/v2.4/md">',
    )

    (row,) = rows_of(tmp_path, f"<?xml version='1.0' encoding='UTF-8'?>\n{single}")

    assert isinstance(row, Row)
    assert row.title == row_of(tmp_path, FULL).title


def test_blanks_comments_and_lines_make_no_difference_to_what_is_kept(tmp_path: Path) -> None:
    one = row_of(tmp_path, FULL)
    same = row_of(
        tmp_path, FULL.replace("><", ">\n  <!-- here -->\n<").replace("Ana Ruiz", "\n Ana \t Ruiz ")
    )

    assert same.digest == one.digest


def test_elements_of_another_namespace_say_nothing_and_are_kept(tmp_path: Path) -> None:
    extra = '<x:Genre xmlns:x="urn:house">Romance</x:Genre>'
    row = row_of(tmp_path, core(MOVIE, rest=extra))

    assert row.title.genres == ()
    assert row.record["core"]["mdmec:Basic"][0]["{urn:house}Genre"] == [{"#": "Romance"}]


def test_without_a_default_the_texts_of_the_original_language_lead(tmp_path: Path) -> None:
    infos = info("en", title="Night Ferry") + info("fr", title="Le bac de nuit")
    row = row_of(tmp_path, core(MOVIE, infos=infos, rest="<md:OriginalLanguage>fr</md:OriginalLanguage>"))

    assert row.title.title == "Le bac de nuit"


@pytest.mark.parametrize("element", ["TitleDisplay60", "TitleDisplay19"])
def test_a_shorter_form_of_the_title_will_do(tmp_path: Path, element: str) -> None:
    infos = info("en", title="x").replace("TitleDisplayUnlimited", element)

    assert row_of(tmp_path, core(MOVIE, infos=infos)).title.title == "x"


def test_a_movie_of_the_genre_documentary_is_one(tmp_path: Path) -> None:
    infos = info("en", title="x", rest="<md:Genre>Documentary</md:Genre>")

    assert row_of(tmp_path, core(MOVIE, infos=infos)).title.content_type == "documentary"


@pytest.mark.parametrize(
    ("element", "reason"),
    [
        (
            "<md:RunLength>P1M</md:RunLength>",
            "RunLength is left out: 'P1M' is no duration of days, hours, minutes and seconds like 'PT1H37M'",
        ),
        (
            "<md:CountryOfOrigin><md:country>XX</md:country></md:CountryOfOrigin>",
            "md:CountryOfOrigin is left out: 'XX' is no country of ISO 3166",
        ),
        (
            "<md:OriginalLanguage>french</md:OriginalLanguage>",
            "a language is left out: 'french' is no language tag like 'pt-BR'",
        ),
        (
            "<md:RatingSet><md:Rating><md:System>FSK</md:System></md:Rating></md:RatingSet>",
            "a Rating without System or Value is left out",
        ),
        (
            "<md:AltIdentifier><md:Namespace>imdb</md:Namespace><md:Identifier>111</md:Identifier></md:AltIdentifier>",
            "an AltIdentifier is left out: '111' is no identifier: "
            "This is no id of imdb: one looks like tt0111161.",
        ),
    ],
)
def test_what_cannot_be_read_is_left_out_and_noted(tmp_path: Path, element: str, reason: str) -> None:
    row = row_of(tmp_path, core(MOVIE, rest=element))

    assert row.mended == reason
    assert row.title == row_of(tmp_path, core(MOVIE)).title


def test_a_summary_longer_than_its_element_is_named_is_cut_and_noted(tmp_path: Path) -> None:
    infos = info("en", title="x", rest=f"<md:Summary190>{'a' * 200}</md:Summary190>")
    row = row_of(tmp_path, core(MOVIE, infos=infos))

    assert row.mended == "Summary190 in en has 200 characters and was cut to 190"
    assert row.title.translations[0].summary_190 == "a" * 189 + "…"


@pytest.mark.parametrize(
    ("record", "reason"),
    [
        (core(""), "'' is no identifier: An id has 1 to 255 printable characters."),
        (core("x" * 256), f"'{'x' * 50}' is no identifier: An id has 1 to 255 printable characters."),
        (
            core(MOVIE, work="Album"),
            "WorkType 'Album' is not kept: a movie, short, series, season or episode is",
        ),
        (core(MOVIE, infos=info("en", title=" ")), "LocalizedInfo has no title"),
        (core(MOVIE, infos=" "), "it has no LocalizedInfo"),
        (
            core(MOVIE, rest="<md:ReleaseDate>May 2019</md:ReleaseDate>"),
            "'May 2019' is no date from 1870 on like '2019-05-17' or '2019'",
        ),
        (
            core(MOVIE, rest="<md:ReleaseDate>2019-02-30</md:ReleaseDate>"),
            "'2019-02-30' is no date from 1870 on like '2019-05-17' or '2019'",
        ),
        (
            season(SEASON, SERIES, 1).replace("isseasonof", "ispartof"),
            "it is a season and has no Parent that it isseasonof",
        ),
        (
            core(
                SEASON,
                work="Season",
                rest=f'<md:Parent relationshipType="isseasonof">'
                f"<md:ParentContentID>{SERIES}</md:ParentContentID></md:Parent>",
            ),
            "it has no SequenceInfo/Number",
        ),
        (
            season(SEASON, SERIES, -1),
            "SequenceInfo/Number '-1' is no number",
        ),
    ],
)
def test_what_cannot_be_a_title_is_rejected_by_line(tmp_path: Path, record: str, reason: str) -> None:
    first, note = rows_of(tmp_path, mec(core("good"), record))

    assert isinstance(first, Row) and isinstance(note, Note)
    assert (note.line, note.outcome, note.reason) == (3, "rejected", reason)


def test_the_same_content_id_twice_counts_once(stores: None, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    path = written(
        tmp_path,
        core(MOVIE),
        core("urn:eidr:10.5240:1111-2222-3333-4444-5555-S"),
        core(SERIES, work="Series"),
        core(SERIES, work="Series"),
    )

    assert run("import_mec", path, report=report)[0] == "4 rows: 2 new, 0 changed, 0 unchanged, 2 rejected"
    assert sorted(noted(report)) == [
        ("3", "rejected", "the same id is on line 2 already"),
        ("5", "rejected", "the same id is on line 4 already"),
    ]


def test_a_series_is_put_together_in_whatever_order_it_comes(stores: None, tmp_path: Path) -> None:
    path = written(
        tmp_path,
        episode("e2", SEASON, 2, title="The Quay", rest="<md:RunLength>PT42M</md:RunLength>"),
        episode("e1", SEASON, 1, title="Departure", rest="<md:ReleaseDate>2019-09-01</md:ReleaseDate>"),
        season(SEASON, SERIES, 1, title="Year One"),
        core(SERIES, work="Series", title="The Ferry"),
        episode("special", SERIES, 7, title="Direct"),
    )

    assert run("import_mec", path)[0] == "1 row: 1 new, 0 changed, 0 unchanged, 0 rejected"
    title = Content.objects.get()
    assert (title.title, title.content_type, title.status) == ("The Ferry", "series", "draft")
    assert list(Season.objects.values_list("number", "title")) == [(1, "Year One")]
    assert list(
        Episode.objects.values_list("season_number", "number", "title", "runtime_minutes", "air_date")
    ) == [
        (1, 1, "Departure", None, date(2019, 9, 1)),
        (1, 2, "The Quay", 42, None),
        (1, 7, "Direct", None, None),
    ]


def test_a_series_that_comes_in_many_files_ends_as_if_it_had_come_in_one(
    stores: None, tmp_path: Path
) -> None:
    pieces = [
        core(SERIES, work="Series", title="The Ferry"),
        season(SEASON, SERIES, 3),
        episode("e1", SEASON, 1, title="Departure"),
        episode("e2", SEASON, 2, title="The Quay"),
    ]
    said = [run("import_mec", written(tmp_path, piece))[0] for piece in pieces]

    assert (
        said
        == ["1 row: 1 new, 0 changed, 0 unchanged, 0 rejected"]
        + ["1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"] * 3
    )
    assert list(Episode.objects.values_list("season_number", "number")) == [(3, 1), (3, 2)]
    in_pieces = whole_catalog()
    assert run("import_mec", written(tmp_path, *pieces))[0] == (
        "1 row: 0 new, 0 changed, 1 unchanged, 0 rejected"
    )
    assert whole_catalog() == in_pieces


def test_a_part_of_something_unknown_is_rejected_by_line(stores: None, tmp_path: Path) -> None:
    report = tmp_path / "report.csv"
    path = written(tmp_path, season(SEASON, SERIES, 1), episode("e1", SEASON, 1), core(MOVIE))

    assert run("import_mec", path, report=report)[0] == "3 rows: 1 new, 0 changed, 0 unchanged, 2 rejected"
    unknown = (
        "it is part of 10.5240/AAAA-BBBB-CCCC-DDDD-EEEE-I, which is neither in this file nor in the catalog"
    )
    assert sorted(noted(report)) == [
        ("2", "rejected", unknown),
        ("3", "rejected", f"it is part of {SEASON}, which is neither in this file nor in the catalog"),
    ]


def test_episodes_go_to_a_series_that_another_source_brought(stores: None, tmp_path: Path) -> None:
    series = ContentFactory(content_type="series", title="The Ferry")
    value = "10.5240/AAAA-BBBB-CCCC-DDDD-EEEE-I"
    ExternalIdClaim.objects.create(
        id=f"eidr:{value}", scheme="eidr", value=value, content_id=series.content_id
    )
    path = written(tmp_path, season(SEASON, SERIES, 2), episode("e1", SEASON, 1, title="Departure"))

    assert run("import_mec", path)[0] == "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"
    series.refresh_from_db()
    assert (series.title, series.status) == ("The Ferry", "published")
    assert Episode.objects.get().content_id == series.content_id
    assert run("import_mec", path)[0] == "1 row: 0 new, 0 changed, 1 unchanged, 0 rejected"


def test_what_a_changed_record_says_no_longer_goes_and_an_editors_word_stays(
    stores: None, tmp_path: Path
) -> None:
    run("import_mec", written(tmp_path, FULL))
    Content.objects.update(summary="An editor's words.")
    changed = FULL.replace("<md:Keyword>ferry</md:Keyword>", "").replace("Chi Wei", "Dan Lee")
    changed = changed.replace("Somebody waits at the quay.", "Nobody waits.")

    assert run("import_mec", written(tmp_path, changed))[0] == (
        "1 row: 0 new, 1 changed, 0 unchanged, 0 rejected"
    )
    title = Content.objects.get()
    assert title.summary == "An editor's words."
    assert list(title.keywords.values_list("name", flat=True)) == ["night"]
    assert [credit.person.name for credit in title.credits.select_related("person")] == [
        "Ben Okri",
        "Dan Lee",
        "Ana Ruiz",
    ]


def test_the_record_is_kept_whole_with_the_title(stores: None, tmp_path: Path) -> None:
    run("import_mec", written(tmp_path, FULL))

    source = Source.objects.get()
    assert (source.scheme, source.value) == ("mec", "10.5240/1111-2222-3333-4444-5555-S")
    assert source.content_id == content_id("mec", source.value)
    basic = source.record["core"]["mdmec:Basic"][0]
    assert basic["@ContentID"] == MOVIE
    assert basic["md:ReleaseYear"] == [{"#": "2019"}]


def test_new_titles_are_drafts_and_it_says_where_they_are_published(stores: None, tmp_path: Path) -> None:
    """It said "2 new", and nobody found them."""
    path = written(tmp_path, FULL, core(SERIES, work="Series"))

    first, again = run("import_mec", path), run("import_mec", path)

    assert first[1] == (
        "2 new titles are drafts: public once an editor publishes them, in the admin at "
        "/admin/catalog/content/?status__exact=draft"
    )
    assert Content.objects.filter(status="draft").count() == 2
    assert [line for line in again if "draft" in line] == []


def test_a_dry_run_counts_and_writes_nothing(stores: None, tmp_path: Path) -> None:
    path = written(tmp_path, FULL, core(SERIES, work="Series"), season(SEASON, SERIES, 1))

    assert run("import_mec", path, dry_run=True) == [
        "2 rows: 2 new, 0 changed, 0 unchanged, 0 rejected",
        "2 new titles would be drafts: public once an editor publishes them, in the admin at "
        "/admin/catalog/content/?status__exact=draft",
        "nothing was written",
    ]
    assert Content.objects.count() == 0


def test_another_document_is_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(Unreadable, match=r"its root is \{urn:x\}a, not mdmec:CoreMetadata or"):
        rows_of(tmp_path, '<a xmlns="urn:x"/>')
    with pytest.raises(
        Unreadable, match=r"This is no MEC document that can be read: line 1: its root is \{http"
    ):
        rows_of(tmp_path, mec().replace("/v2.9", "/v1.2"))


def test_what_stands_before_the_damage_comes_in(stores: None, tmp_path: Path) -> None:
    text = mec(core(SERIES, work="Series"), core(MOVIE), season(SEASON, SERIES, 1))
    path = tmp_path / "mec.xml"
    path.write_text(text[: text.index("isseasonof")])
    found = []

    with pytest.raises(BrokenOff, match=r"^line 4: it ends within a tag$"), opened_to_spool(path) as file:
        for row in Mec().rows(file):
            found.append(row.key)

    assert found == ["10.5240/1111-2222-3333-4444-5555-S", "10.5240/AAAA-BBBB-CCCC-DDDD-EEEE-I"]


def test_a_picture_larger_than_any_screen_keeps_its_address_only(stores: None, tmp_path: Path) -> None:
    """Its width was more than the column holds, and stopped the import at its batch, each time it was run."""
    address = "https://art.example/huge.jpg"
    picture = f'<md:ArtReference resolution="9999999999x1">{address}</md:ArtReference>'
    path = tmp_path / "huge.xml"
    path.write_text(mec(core(MOVIE, infos=info("en", title="A", default=True, rest=picture))))

    run("import_mec", path)

    assert list(ArtworkRow.objects.values_list("url", "width", "height")) == [(address, None, None)]
