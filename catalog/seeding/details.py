"""What else is known of seeded titles, as lines of COPY's text format: keywords, studios, windows, ratings,
translations, other titles, pictures, external ids, collections.

Each table is from a random stream of its own, as in `rows`.
"""

from collections.abc import Iterator, Sequence
from itertools import count, islice
from random import Random

from catalog.seeding.dates import DRAWN
from catalog.seeding.plan import TitlePlan, Vocabulary
from catalog.seeding.rows import title_texts
from streaming.stores.copying import NULL
from streaming.stores.seeded import random_for, uuid_texts

KEYWORDS = (
    "road trip",
    "heist",
    "small town",
    "coming of age",
    "time travel",
    "found family",
    "courtroom",
    "lost letter",
    "island",
    "rivalry",
    "undercover",
    "second chance",
    "haunted house",
    "space station",
    "wedding",
    "treasure hunt",
    "amnesia",
    "boarding school",
    "first contact",
    "lighthouse",
    "conspiracy",
    "kitchen",
    "survival",
    "double life",
    "mountain",
    "train journey",
    "inheritance",
    "robot",
    "orchestra",
    "last summer",
)
STUDIOS = (
    "Lantern Hill Pictures",
    "Blue Heron Films",
    "Northgate Studios",
    "Paper Moon Productions",
    "Copperfield Media",
    "Salt & Ember",
    "Quiet River Entertainment",
    "Seventh Street Films",
    "Aurora Works",
    "Windmill Row",
    "Tin Whistle Pictures",
    "Open Window Studio",
)
HAVE_TERMS = 1 / 3  # of all titles
MOST_KEYWORDS, MOST_STUDIOS = 3, 2
TRANSLATED, RENAMED, PICTURED = 0.2, 0.1, 1 / 3
PICTURES = (("poster", 1000, 1500), ("backdrop", 1920, 1080))
ID_SCHEME, ONE_ID_IN = "house", 5
LONGEST_SHORT_SUMMARY = 190
PICKED = 12
PICKS = ("Staff picks", "Twelve titles, put in this order by hand.", "")
RULED = ("Best dramas", "Whatever the rule finds.", "genre=Drama&rating_gte=7&sort=-rating")

# Language, beginnings and endings of titles, summaries.
Texts = tuple[str, Sequence[str], Sequence[str], Sequence[str]]


def term_lines(names: Sequence[str], plan: TitlePlan) -> Iterator[str]:
    """The number of each, from 1, and its name: the same for every plan."""
    return (f"{number}\t{name}\n" for number, name in enumerate(names, 1))


def keyword_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, keyword_id`"""
    return _links(plan, "keyword links", len(KEYWORDS), MOST_KEYWORDS)


def studio_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, studio_id`"""
    return _links(plan, "studio links", len(STUDIOS), MOST_STUDIOS)


def _links(plan: TitlePlan, part: str, among: int, most: int) -> Iterator[str]:
    """One to `most` of the numbers from 1 to `among` for some titles; the lower ones more often."""
    rng = random_for(plan.seed, part)
    draw, choose, numbers = rng.random, rng.choice, count(1)
    drawn = [
        sorted({1 + int(among * draw() ** 2) for _ in range(rng.randint(1, most))}) for _ in range(DRAWN)
    ]
    for content_id, _ in _some(plan, rng, HAVE_TERMS):
        for term_id in choose(drawn):
            yield f"{next(numbers)}\t{content_id}\t{term_id}\n"


def _some(plan: TitlePlan, rng: Random, share: float) -> Iterator[tuple[str, int]]:
    """Id and vocabulary of the first title, which has everything, and of about that share of the others."""
    draw = rng.random
    for place, (content_id, own) in enumerate(zip(plan.ids, plan.languages, strict=True)):
        if draw() < share or not place:
            yield content_id, own


def window_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, territory, licence, starts_at, ends_at`"""
    new_id = uuid_texts(random_for(plan.seed, "window rows"))
    for content_id, licensing in zip(plan.ids, plan.licensing, strict=True):
        for territory, licence, starts_at, ends_at in licensing.windows:
            yield f"{new_id()}\t{content_id}\t{territory}\t{licence}\t{starts_at}\t{ends_at or NULL}\n"


def rating_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, system, country, value, descriptors`"""
    new_id = uuid_texts(random_for(plan.seed, "rating rows"))
    for content_id, classification in zip(plan.ids, plan.classifications, strict=True):
        for system, country, value, descriptors in classification.ratings:
            yield f"{new_id()}\t{content_id}\t{system}\t{country}\t{value}\t{descriptors}\n"


def translation_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, language, title, summary_190`: of some titles, into a language that is not their own."""
    rng = random_for(plan.seed, "translations")
    choose, new_id = rng.choice, uuid_texts(rng)
    made = [_short_texts(translator, rng) for translator in plan.translators]
    foreign = [[each for each in made if each[0] != own.language] for own in plan.vocabularies]
    for content_id, own in _some(plan, rng, TRANSLATED):
        language, beginnings, endings, summaries = choose(foreign[own])
        title = choose(beginnings) + choose(endings)
        yield f"{new_id()}\t{content_id}\t{language}\t{title}\t{choose(summaries)}\n"


def _short_texts(vocabulary: Vocabulary, rng: Random) -> Texts:
    beginnings, endings, _ = title_texts(vocabulary, rng)
    summaries = [each for each in vocabulary.sentences if len(each) <= LONGEST_SHORT_SUMMARY]
    return vocabulary.language, beginnings, endings, summaries


def alternative_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, title, language, kind`: what some titles were called before, or are called as well."""
    rng = random_for(plan.seed, "alternative titles")
    choose, new_id = rng.choice, uuid_texts(rng)
    texts = [title_texts(vocabulary, rng) for vocabulary in plan.vocabularies]
    for content_id, own in _some(plan, rng, RENAMED):
        beginnings, endings, _ = texts[own]
        title, kind = choose(beginnings) + choose(endings), choose(("aka", "working"))
        yield f"{new_id()}\t{content_id}\t{title}\t{plan.vocabularies[own].language}\t{kind}\n"


def artwork_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, kind, url, width, height, is_primary`: pictures without text, at addresses that lead nowhere."""
    rng = random_for(plan.seed, "artwork")
    new_id = uuid_texts(rng)
    for content_id, _ in _some(plan, rng, PICTURED):
        for kind, width, height in PICTURES:
            url = f"https://images.example.org/{content_id}-{kind}.jpg"
            yield f"{new_id()}\t{content_id}\t{kind}\t{url}\t{width}\t{height}\ttrue\n"


def external_id_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, scheme, value`"""
    new_id = uuid_texts(random_for(plan.seed, "external ids"))
    for content_id, value in _house_ids(plan):
        yield f"{new_id()}\t{content_id}\t{ID_SCHEME}\t{value}\n"


def claim_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, scheme, value` of the same ids."""
    for content_id, value in _house_ids(plan):
        yield f"{ID_SCHEME}:{value}\t{content_id}\t{ID_SCHEME}\t{value}\n"


def _house_ids(plan: TitlePlan) -> Iterator[tuple[str, str]]:
    """Of the first title and every fifth after it."""
    numbered = enumerate(islice(plan.ids, 0, None, ONE_ID_IN), 1)
    return ((content_id, f"DEMO-{number:06}") for number, content_id in numbered)


def collection_lines(plan: TitlePlan) -> Iterator[str]:
    """`collection_id, name, summary, rule, is_published`: one picked by hand, one by a rule."""
    for collection_id, texts in zip(_collection_ids(plan), (PICKS, RULED), strict=True):
        yield "\t".join((collection_id, *texts, "true")) + "\n"


def picked_lines(plan: TitlePlan) -> Iterator[str]:
    """`id, content_id, collection_id, position`"""
    new_id = uuid_texts(random_for(plan.seed, "picks"))
    picks, _ = _collection_ids(plan)
    for position, place in enumerate(plan.public()[:PICKED]):
        yield f"{new_id()}\t{plan.ids[place]}\t{picks}\t{position}\n"


def _collection_ids(plan: TitlePlan) -> tuple[str, str]:
    new_id = uuid_texts(random_for(plan.seed, "collections"))
    return new_id(), new_id()
