"""The parts of a MEC record, in the catalog's terms: texts, people, pictures, ratings.

What a field cannot hold is left out or cut, and `Reading.mended` says so. Nothing here raises.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator

from catalog.importing.limits import (
    LONGEST_JOB,
    LONGEST_NAME,
    LONGEST_OTHER_TITLE,
    LONGEST_RATING,
    LONGEST_TITLE,
)
from catalog.importing.movielabs import country_of, language_of, minutes_of
from catalog.importing.records import AlternativeTitle, Artwork, Credit, MaturityRating, Rejected, Translation
from catalog.importing.xml import Element
from catalog.models.titles import MOST_MINUTES
from streaming.stores.units import counted

DEPARTMENTS = {
    # The departments as the other formats name them.
    **dict.fromkeys(("Actor", "Guest", "Voice", "Host", "Narrator"), "Acting"),
    **dict.fromkeys(("Director", "Assistant Director"), "Directing"),
    **dict.fromkeys(("Writer", "Screenwriter", "Author", "Story"), "Writing"),
    **dict.fromkeys(("Producer", "Executive Producer", "Co-Producer", "Line Producer"), "Production"),
    **dict.fromkeys(("Composer", "Music"), "Sound"),
    **dict.fromkeys(("Cinematographer", "Director of Photography"), "Camera"),
    **dict.fromkeys(("Editor", "Film Editor"), "Editing"),
}
ART_KINDS = {
    **dict.fromkeys(("poster", "boxart", "cover", "keyart"), "poster"),
    **dict.fromkeys(("hero", "background", "backdrop", "promotion"), "backdrop"),
    **dict.fromkeys(("logo", "title", "titletreatment"), "logo"),
    **dict.fromkeys(("still", "screenshot", "thumbnail"), "still"),
    "banner": "banner",
}
# As `catalog.models.MaturityLevel` spells what MovieLabs' ratings spell otherwise.
SYSTEMS = {"MPAA": "MPA"}
TITLES = ("md:TitleDisplayUnlimited", "md:TitleDisplay60", "md:TitleDisplay19")
LAST = 1_000_000  # what has no billing order comes behind what has
address = URLValidator(schemes=["http", "https"])


@dataclass
class Reading:
    """What was left out or cut on the way."""

    mended: list[str] = field(default_factory=list)

    def fitted(self, text: str, most: int, name: str) -> str:
        """The text, cut where its column ends."""
        if len(text) <= most:
            return text
        self.mended.append(f"{name} has {len(text):,} characters and was cut to {most}")
        return text[: most - 1].rstrip() + "…"


def title_text(texts: Element) -> str:
    return next(filter(None, map(texts.text_of, TITLES)), "")


def minutes(basic: Element, reading: Reading) -> int | None:
    try:
        minutes = minutes_of(basic.text_of("md:RunLength"))
    except Rejected as error:
        reading.mended.append(f"RunLength is left out: {error}")
        return None
    if minutes is not None and minutes > MOST_MINUTES:
        reading.mended.append(f"RunLength of {counted(minutes, 'minute')} is left out")
        return None
    return minutes


def languages(tags: list[str], reading: Reading) -> Iterator[str]:
    for tag in tags:
        try:
            yield language_of(tag)
        except Rejected as error:
            reading.mended.append(f"a language is left out: {error}")


def countries(regions: list[Element], reading: Reading) -> Iterator[str]:
    for region in regions:
        try:
            yield country_of(region)
        except Rejected as error:
            reading.mended.append(f"{region.name} is left out: {error}")


def labels(elements: list[Element], most: int, reading: Reading) -> Iterator[str]:
    """Names of genres, keywords or companies, each once; a genre may say its name as `id`."""
    names = dict.fromkeys(element.text or element.attributes.get("id", "") for element in elements)
    for name in filter(None, names):
        yield reading.fitted(name, most, "a name")


def credits(basic: Element, reading: Reading) -> Iterator[Credit]:
    """In billing order; of one person's jobs of one kind the characters are joined."""
    found: dict[tuple[str, str, str], tuple[int, Credit]] = {}
    for person in basic.all("md:People"):
        name = reading.fitted(_name(person), LONGEST_NAME, "a name")
        for job in person.all("md:Job") if name else ():
            function = reading.fitted(job.text_of("md:JobFunction") or "Actor", LONGEST_JOB, "JobFunction")
            credit = Credit(
                job=function,
                name=name,
                department=DEPARTMENTS.get(function, ""),
                character=_characters(job),
                person=_person_key(person),
            )
            order = job.text_of("md:BillingBlockOrder")
            place = int(order) if order.isdecimal() and order.isascii() and len(order) < 7 else LAST
            key = (credit.job, credit.name, credit.person)
            if key in found:
                place = min(place, found[key][0])
                both = dict.fromkeys(filter(None, (found[key][1].character, credit.character)))
                credit = credit._replace(character=" / ".join(both))
            found[key] = (place, credit)
    for _, credit in sorted(found.values(), key=lambda each: each[0]):
        yield credit._replace(character=reading.fitted(credit.character, LONGEST_NAME, "a character's name"))


def _name(person: Element) -> str:
    """As printed, or put together of its parts."""
    parts = ("md:FirstGivenName", "md:SecondGivenName", "md:FamilyName", "md:Suffix")
    name = person.first("md:Name")
    if name is None:
        return ""
    return name.text_of("md:DisplayName") or " ".join(filter(None, map(name.text_of, parts)))


def _person_key(person: Element) -> str:
    """The person's IMDb id, the one that other sources use too."""
    for identifier in person.all("md:Identifier"):
        value = identifier.text_of("md:Identifier")
        if "imdb" in identifier.text_of("md:Namespace").lower() and value.startswith("nm"):
            return f"imdb:{value}"
    return ""


def _characters(job: Element) -> str:
    names = [*job.texts("md:Character"), *job.texts("md:CharacterInfo/md:CharacterName")]
    return " / ".join(dict.fromkeys(names))


def translations(basic: Element, reading: Reading) -> Iterator[Translation]:
    """Of several for one language (for regions or conditions) the first counts, and the others fill its gaps."""
    found: dict[str, Translation] = {}
    for texts in basic.all("md:LocalizedInfo"):
        for language in languages([texts.attributes.get("language", "")], reading):
            said = Translation(
                language=language,
                title=reading.fitted(title_text(texts), LONGEST_TITLE, f"the title in {language}"),
                sort_title=reading.fitted(
                    texts.text_of("md:TitleSort"), LONGEST_TITLE, f"TitleSort in {language}"
                ),
                summary_190=reading.fitted(texts.text_of("md:Summary190"), 190, f"Summary190 in {language}"),
                summary_400=reading.fitted(texts.text_of("md:Summary400"), 400, f"Summary400 in {language}"),
                summary_4000=reading.fitted(
                    texts.text_of("md:Summary4000"), 4000, f"Summary4000 in {language}"
                ),
            )
            first = found.get(language, said)
            found[language] = Translation(*(a or b for a, b in zip(first, said, strict=True)))
    yield from found.values()


def alternative_titles(basic: Element, reading: Reading) -> Iterator[AlternativeTitle]:
    """Misspellings and beginnings are for an index that cannot correct what is typed; ours does."""
    for texts in basic.all("md:LocalizedInfo"):
        for said in texts.all("md:TitleAlternate"):
            if said.text and said.attributes.get("type", "alternative").lower() == "alternative":
                tag = said.attributes.get("language") or texts.attributes.get("language", "")
                yield AlternativeTitle(
                    title=reading.fitted(said.text, LONGEST_OTHER_TITLE, "TitleAlternate"),
                    language=next(languages([tag], reading), ""),
                )


def artwork(basic: Element, reading: Reading) -> Iterator[Artwork]:
    """Pictures that have an address; an id of one (`md:imageid:…`) leads nowhere by itself."""
    for texts in basic.all("md:LocalizedInfo"):
        language = next(languages([texts.attributes.get("language", "")], Reading()), "")
        for art in texts.all("md:ArtReference"):
            if _is_address(art.text):
                width, height = _resolution(art.attributes.get("resolution", ""))
                purpose = "".join(filter(str.isalpha, art.attributes.get("purpose", "").lower()))
                upright = width is None or height is None or height > width
                kind = ART_KINDS.get(purpose) or ("poster" if upright else "backdrop")
                yield Artwork(kind, art.text, language, width, height, is_primary=True)


def _is_address(text: str) -> bool:
    try:
        address(text)
    except ValidationError:
        return False
    return len(text) <= 1000


DIGITS_OF_PIXELS = 6  # more is no picture, and no column holds it


def _resolution(text: str) -> tuple[int | None, int | None]:
    width, _, height = text.lower().partition("x")
    if text.isascii() and all(side.isdecimal() and len(side) <= DIGITS_OF_PIXELS for side in (width, height)):
        return int(width), int(height)
    return None, None


def ratings(basic: Element, reading: Reading) -> Iterator[MaturityRating]:
    for said in basic.all("md:RatingSet/md:Rating"):
        system, value = said.text_of("md:System"), said.text_of("md:Value")
        country = next(countries(said.all("md:Region"), reading), "")
        if not system or not value:
            reading.mended.append("a Rating without System or Value is left out")
            continue
        reasons = [reason.attributes.get("value") or reason.text for reason in said.all("md:Reason")]
        yield MaturityRating(
            system=reading.fitted(SYSTEMS.get(system.upper(), system), LONGEST_RATING, "a rating's System"),
            value=reading.fitted(value, LONGEST_RATING, "a rating's Value"),
            country=country,
            descriptors=tuple(
                reading.fitted(reason, 100, "a rating's Reason") for reason in reasons if reason
            ),
        )
