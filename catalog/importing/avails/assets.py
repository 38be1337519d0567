"""Which title an avail is of.

Entry points: `candidates_of`, `is_part_of_series`. Failure: `records.Rejected` where it is of none, or of several.
"""

from collections.abc import Iterable, Iterator
from contextlib import suppress

from catalog.importing.mec.titles import CID
from catalog.importing.movielabs import alternative_ref, ref_of
from catalog.importing.records import ExternalId, Rejected
from catalog.importing.xml import Element

WHOLE = ("movie", "short", "non-episodic show")
OF_SERIES = ("series", "season", "episode", "volume")
METADATA = "avails:Metadata"
# Where a series is named: in its own asset, or above a season, a volume or an episode.
SERIES = (
    "avails:SeriesMetadata",
    "avails:SeasonMetadata/avails:SeriesMetadata",
    "avails:VolumeMetadata/avails:SeriesMetadata",
    "avails:VolumeMetadata/avails:SeasonMetadata/avails:SeriesMetadata",
    "avails:EpisodeMetadata/avails:SeriesMetadata",
    "avails:EpisodeMetadata/avails:SeasonMetadata/avails:SeriesMetadata",
)
SEASONS = (
    "avails:SeasonMetadata",
    "avails:VolumeMetadata/avails:SeasonMetadata",
    "avails:EpisodeMetadata/avails:SeasonMetadata",
)


def work_of(asset: Element) -> str:
    """`WorkType` in lower case. Raises `Rejected` for what is no title of the catalog."""
    said = asset.text_of("avails:WorkType")
    work = said.lower()
    if work in ("collection", "franchise"):
        raise Rejected(f"it is of a {work}: the avails of its titles open them")
    if work not in WHOLE and work not in OF_SERIES:
        raise Rejected(f"WorkType '{said}' is not kept: that of a movie, short, series, season or episode is")
    return work


def asset_of(avail: Element) -> Element:
    """Its one asset; of several, which only parts of one series may be, the first."""
    assets = avail.all("avails:Asset")
    if not assets:
        raise Rejected("it has no Asset")
    works = {work_of(asset) for asset in assets}
    if len(assets) > 1 and works & set(WHOLE):
        raise Rejected(f"it has {len(assets):,} assets: an avail of several titles is not kept")
    return assets[0]


def is_part_of_series(asset: Element) -> bool:
    return work_of(asset) in OF_SERIES[1:]


def candidates_of(avail: Element) -> tuple[ExternalId, ...]:
    """What the title may be known by, in the order of trust: the title's own ids before those of its cut.

    An identifier that is none is passed over. Raises `Rejected` when nothing is left.
    """
    asset = asset_of(avail)
    own = _of_title(asset) if work_of(asset) in WHOLE else _of_series(asset)
    found = tuple(dict.fromkeys([*own, *_refs(avail.texts("avails:ALID"), scheme="alid")]))
    if not found:
        raise Rejected("it has no identifier")
    return found


def _of_title(asset: Element) -> list[ExternalId]:
    own: list[Element] = []
    of_cut: list[Element] = []
    for element in asset.all(f"{METADATA}/avails:AltIdentifier"):
        (own if element.attributes.get("scope", "Title") == "Title" else of_cut).append(element)
    return [
        *_refs(asset.texts(f"{METADATA}/avails:TitleEIDR-URN")),
        *_refs([asset.attributes.get("contentID", "")]),
        *_alternatives(own),
        *_refs(asset.texts(f"{METADATA}/avails:EditEIDR-URN")),
        *_alternatives(of_cut),
    ]


def _of_series(asset: Element) -> list[ExternalId]:
    """The content ids of its seasons and episodes lead to a series as well, where MEC brought them."""
    series = [each for path in SERIES for each in asset.all(path)]
    seasons = [each for path in SEASONS for each in asset.all(path)]
    own = asset.attributes.get("contentID", "")
    parts = _refs([own, *(each.text_of("avails:SeasonContentID") for each in seasons)])
    return [
        *_refs(text for each in series for text in each.texts("avails:SeriesEIDR-URN")),
        *_refs(text for each in series for text in each.texts("avails:SeriesContentID")),
        *_alternatives(found for each in series for found in each.all("avails:SeriesAltIdentifier")),
        *_refs([own] if work_of(asset) == "series" else []),
        *(ExternalId(CID, ref.value) for ref in parts),
    ]


def _refs(texts: Iterable[str], scheme: str = CID) -> Iterator[ExternalId]:
    for text in texts:
        with suppress(Rejected):
            yield ref_of(text, scheme=scheme)


def _alternatives(elements: Iterable[Element]) -> Iterator[ExternalId]:
    for element in elements:
        with suppress(Rejected):
            yield alternative_ref(element)
