"""What MEC and Avails have in common: names, identifiers, dates, durations and countries of MovieLabs' schemas.

The schemas' namespaces carry versions (`http://www.movielabs.com/schema/md/v2.8/md`), and each version only adds to
the one before. So an element is known by its schema's prefix and its own name, as in `md:LocalizedInfo`, whatever the
minor version; version 1 is another format. The schemas: movielabs.com/md, "Common Metadata" (TR-META-CM), "Media
Entertainment Core" (TR-META-MEC) and "Content Availability Metadata" (TR-META-AVAIL).

Failure: `records.Rejected`, whose message says what is wrong, for a text that is not what the schema says.
"""

import re
from datetime import date, datetime, timedelta
from urllib.parse import unquote

from catalog.codes import canonical_language, is_country
from catalog.importing.limits import FIRST_YEAR
from catalog.importing.records import ExternalId, Rejected
from catalog.importing.xml import Element
from catalog.registries import NoExternalId, canonical_ref

NAMESPACE = re.compile(
    r"\{https?://www\.movielabs\.com/schema/(md|mdmec|avails)/v2(?:\.[0-9]+)*(?:/[a-z]+)?\}(.+)"
)
EIDR = re.compile(r"(?:.*[/:])?(?:10\.5240[/:]|eidr-s:)((?:[0-9A-F]{4}-){5}[0-9A-Z])", re.IGNORECASE)
# A namespace says whose the identifier is, in the words of whoever wrote it.
SCHEMES = {"imdb-com": "imdb", "www-imdb-com": "imdb", "isan-org": "isan", "eidr-org": "eidr"}
NO_SCHEME = re.compile(r"[^a-z0-9]+")
IMDB_ADDRESS = re.compile(r"https?://(?:www\.)?imdb\.com/title/(tt[0-9]+)/?")

DURATION = re.compile(
    r"P(?:0+Y)?(?:0+M)?(?:([0-9]{1,4})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,8})(?:\.[0-9]*)?S)?)?"
)
YEAR = re.compile(r"([0-9]{4})(?:-([0-9]{2})(?:-([0-9]{2}))?)?(?:T.*|Z|[+-][0-9]{2}:[0-9]{2})?")


def name_of(tag: str) -> str:
    """`{http://www.movielabs.com/schema/md/v2.8/md}Genre` as `md:Genre`; a name of another schema as it is."""
    found = NAMESPACE.fullmatch(tag)
    return f"{found[1]}:{found[2]}" if found else tag


def ref_of(text: str, *, scheme: str) -> ExternalId:
    """What an identifier of the trade says: the EIDR in it, or else itself under `scheme`.

    EIDR spells itself in many ways: `urn:eidr:10.5240:…`, `10.5240/…`, `md:cid:eidr-s:…`, `md:alid:eidr-s:…`. An
    `eidr-x`, which adds something to an EIDR, is another thing than what the EIDR names.
    """
    eidr = EIDR.fullmatch(unquote(text))
    if eidr:
        try:
            return ExternalId(*canonical_ref("eidr", f"10.5240/{eidr[1]}"))
        except NoExternalId:  # the check character is another one: it may still serve under `scheme`
            pass
    try:
        return ExternalId(*canonical_ref(scheme, text))
    except NoExternalId as error:
        raise Rejected(f"'{text[:50]}' is no identifier: {error}") from None


def alternative_ref(element: Element) -> ExternalId:
    """Of an `AltIdentifier`: the namespace is the scheme, in lower case with dashes, as in `org-mddf`."""
    namespace, text = element.text_of("md:Namespace"), element.text_of("md:Identifier")
    scheme = NO_SCHEME.sub("-", namespace.lower()).strip("-")
    address = IMDB_ADDRESS.fullmatch(text)
    return ref_of(address[1] if address else text, scheme=SCHEMES.get(scheme, scheme))


def minutes_of(text: str) -> int | None:
    """A run length as whole minutes, rounded up; None for none."""
    if not text:
        return None
    return -(-int(duration_of(text).total_seconds()) // 60) or None


def duration_of(text: str) -> timedelta:
    """An `xs:duration` of days and less: months and years have no fixed length."""
    found = DURATION.fullmatch(text)
    if found is None or not any(found.groups()):
        raise Rejected(f"'{text}' is no duration of days, hours, minutes and seconds like 'PT1H37M'")
    days, hours, minutes, seconds = (int(part or 0) for part in found.groups())
    return timedelta(days=days, hours=hours, minutes=minutes, seconds=seconds)


def date_of(text: str) -> date | None:
    """A year, a month, a date or a moment as a date; what is not said is the first. None for no text."""
    if not text:
        return None
    found = YEAR.fullmatch(text)
    try:
        day = date(*(int(part or 1) for part in found.groups())) if found else None
    except ValueError:
        day = None
    if day is None or day.year < FIRST_YEAR:
        raise Rejected(f"'{text}' is no date from {FIRST_YEAR} on like '2019-05-17' or '2019'")
    return day


def country_of(region: Element) -> str:
    """The country of an `md:Region-type`; of a part of a country (`countryRegion`, ISO 3166-2), the country's."""
    said = region.text_of("md:country") or region.text_of("md:countryRegion").partition("-")[0]
    code = said.upper()
    if not is_country(code):
        raise Rejected(f"'{said}' is no country of ISO 3166")
    return code


def language_of(text: str) -> str:
    """A language tag in its canonical spelling."""
    tag = canonical_language(text)
    if tag is None:
        raise Rejected(f"'{text}' is no language tag like 'pt-BR'")
    return tag


def moment_of(text: str) -> datetime:
    """An `xs:dateTime`, with its offset or without one, or an `xs:date` at its midnight."""
    try:
        return datetime.fromisoformat(text)
    except ValueError:
        raise Rejected(f"'{text}' is no date and time like '2019-05-17T00:00:00'") from None
