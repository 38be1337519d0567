"""What a MEC record says, in the catalog's terms: titles, and the seasons and episodes that are parts of one.

How elements are read stands in docs/importing.md. What a field cannot hold is left out or cut, and `Reading.mended`
says so; what there is no title without is `records.Rejected`. The record itself is kept whole in any case.
"""

from datetime import date

from catalog.importing.limits import LONGEST_GENRE, LONGEST_STUDIO, LONGEST_TITLE
from catalog.importing.mec import details
from catalog.importing.mec.details import Reading
from catalog.importing.movielabs import alternative_ref, date_of, ref_of
from catalog.importing.records import Episode, ExternalId, Rejected, Season, Title
from catalog.importing.xml import Element
from catalog.models import Content

CID = "cid"  # the scheme of content ids that are no EIDR, and of those of a title's seasons and episodes
WHOLE = {
    "movie": Content.Kind.MOVIE,
    "short": Content.Kind.MOVIE,
    "non-episodic show": Content.Kind.MOVIE,
    "series": Content.Kind.SERIES,
}
PARTS = {"season": "isseasonof", "episode": "isepisodeof"}
EPISODE_KINDS = {"pilot": "pilot", "special": "special", "finale": "finale"}
SUMMARIES = ("md:Summary4000", "md:Summary400", "md:Summary190")


def kind_of(basic: Element) -> str:
    """`WorkType` in lower case. Raises `Rejected` where the catalog has no place for it."""
    said = basic.text_of("md:WorkType")
    kind = said.lower()
    if kind not in WHOLE and kind not in PARTS:
        raise Rejected(f"WorkType '{said}' is not kept: a movie, short, series, season or episode is")
    return kind


def parent_of(basic: Element) -> str:
    """The content id of what a season or an episode is part of."""
    wanted = PARTS[kind_of(basic)]
    for parent in basic.all("md:Parent"):
        if parent.attributes.get("relationshipType", wanted).lower() == wanted:
            nested = parent.first("md:Parent")
            said = parent.text_of("md:ParentContentID")
            if not said and nested is not None:
                said = nested.attributes.get("ContentID", "")
            if said:
                return said
    raise Rejected(f"it is a {kind_of(basic)} and has no Parent that it {wanted}")


def number_of(basic: Element) -> int:
    """A season's or an episode's number, from the sequence within its parent or its own."""
    for path in ("md:Parent/md:SequenceInfo/md:Number", "md:SequenceInfo/md:Number"):
        said = basic.text_of(path)
        if said:
            if said.isdecimal() and said.isascii() and len(said) <= 6:
                return int(said)
            raise Rejected(f"SequenceInfo/Number '{said}' is no number")
    raise Rejected("it has no SequenceInfo/Number")


def title_of(basic: Element, reading: Reading) -> Title:
    """A whole title; seasons and episodes are added by who has them."""
    kind = kind_of(basic)
    default = _default(basic)
    name = details.title_text(default)
    if not name:
        raise Rejected("LocalizedInfo has no title")
    genres = tuple(details.labels(default.all("md:Genre"), LONGEST_GENRE, reading))
    released = basic.text_of("md:ReleaseDate") or basic.text_of("md:ReleaseYear")
    documentary = WHOLE[kind] == Content.Kind.MOVIE and "Documentary" in genres
    return Title(
        title=reading.fitted(name, LONGEST_TITLE, "the title"),
        content_type=Content.Kind.DOCUMENTARY if documentary else WHOLE[kind],
        status=Content.Status.DRAFT,
        summary=next(filter(None, map(default.text_of, SUMMARIES)), ""),
        original_title=reading.fitted(default.text_of("md:OriginalTitle"), LONGEST_TITLE, "OriginalTitle"),
        sort_title=reading.fitted(default.text_of("md:TitleSort"), LONGEST_TITLE, "TitleSort"),
        release_date=date_of(released),
        duration_minutes=details.minutes(basic, reading) if kind != "series" else None,
        original_language=next(details.languages(basic.texts("md:OriginalLanguage"), reading), ""),
        countries=tuple(dict.fromkeys(details.countries(basic.all("md:CountryOfOrigin"), reading))),
        genres=genres,
        keywords=tuple(details.labels(default.all("md:Keyword"), LONGEST_GENRE, reading)),
        studios=tuple(details.labels(basic.all("md:AssociatedOrg/md:DisplayName"), LONGEST_STUDIO, reading)),
        credits=tuple(details.credits(basic, reading)),
        translations=tuple(details.translations(basic, reading)),
        alternative_titles=tuple(details.alternative_titles(basic, reading)),
        artwork=tuple(details.artwork(basic, reading)),
        maturity_ratings=tuple(details.ratings(basic, reading)),
        external_ids=own_ids(basic, reading),
    )


def content_id(basic: Element) -> str:
    """The record's own id in one spelling, however the file spells it."""
    return key_of(basic.attributes.get("ContentID", ""))


def key_of(said: str) -> str:
    """A content id in one spelling."""
    return ref_of(said, scheme=CID).value


def own_ids(basic: Element, reading: Reading) -> tuple[ExternalId, ...]:
    """The content id first."""
    ids = [ref_of(basic.attributes.get("ContentID", ""), scheme=CID)]
    for element in basic.all("md:AltIdentifier"):
        try:
            ids.append(alternative_ref(element))
        except Rejected as error:
            reading.mended.append(f"an AltIdentifier is left out: {error}")
    return tuple(dict.fromkeys(ids))


def season_of(basic: Element, reading: Reading) -> Season:
    default = _default(basic)
    return Season(
        number=number_of(basic),
        title=reading.fitted(details.title_text(default), LONGEST_TITLE, "the season's title"),
        summary=next(filter(None, map(default.text_of, SUMMARIES)), ""),
    )


def episode_of(basic: Element, season_number: int, reading: Reading) -> Episode:
    default = _default(basic)
    detail = " ".join(basic.texts("md:WorkTypeDetail")).lower()
    return Episode(
        season_number=season_number,
        number=number_of(basic),
        title=reading.fitted(details.title_text(default), LONGEST_TITLE, "the episode's title"),
        summary=next(filter(None, map(default.text_of, SUMMARIES)), ""),
        air_date=_day(basic.text_of("md:ReleaseDate")),
        runtime_minutes=details.minutes(basic, reading),
        kind=next((kind for said, kind in EPISODE_KINDS.items() if said in detail), "standard"),
        production_code=reading.fitted(
            basic.text_of("md:SequenceInfo/md:HouseSequence"), 50, "HouseSequence"
        ),
        key=content_id(basic),
    )


def _day(text: str) -> date | None:
    """Only a whole date: an episode of 2016 was not aired on January 1."""
    return date_of(text) if len(text) >= len("2016-05-15") else None


def _default(basic: Element) -> Element:
    """The texts of the original production: those marked so, else those of its language, else the first."""
    texts = basic.all("md:LocalizedInfo")
    marked = [text for text in texts if text.attributes.get("default") in ("true", "1")]
    original = [
        text for text in texts if text.attributes.get("language") in basic.texts("md:OriginalLanguage")
    ]
    if not texts:
        raise Rejected("it has no LocalizedInfo")
    return next(iter([*marked, *original, *texts]))
