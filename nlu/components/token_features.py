"""What a token looks like, by Rasa's names, and the window of tokens around each."""

from collections.abc import Callable, Mapping, Sequence
from typing import Annotated

from pydantic import AfterValidator

from nlu.message import Message

# A feature's text, from a token's own; "" says that it does not apply.
OF_A_WORD: Mapping[str, Callable[[str], str]] = {
    "low": str.lower,
    "title": lambda word: str(word.istitle()),
    "upper": lambda word: str(word.isupper()),
    "digit": lambda word: str(word.isdigit()),
    "prefix5": lambda word: word[:5],
    "prefix3": lambda word: word[:3],
    "prefix2": lambda word: word[:2],
    "suffix5": lambda word: word[-5:],
    "suffix3": lambda word: word[-3:],
    "suffix2": lambda word: word[-2:],
    "suffix1": lambda word: word[-1:],
    "bias": lambda _: "bias",
}
# What other components have found of each token.
OF_OTHERS = ("pattern", "pos", "pos2", "entity", "text_dense_features")
EDGES = ("BOS", "EOS")
NAMES = frozenset({*OF_A_WORD, *OF_OTHERS, *EDGES})

Window = Sequence[Sequence[str]]
"""The names of the features to take of the tokens before, of the token itself, and after."""


def _odd(window: list[list[str]]) -> list[list[str]]:
    if len(window) % 2 == 0:
        raise ValueError("an odd number of lists is needed: the middle one is for the word itself")
    return window


def _known(window: list[list[str]]) -> list[list[str]]:
    unknown = sorted({name for names in window for name in names} - NAMES)
    if unknown:
        raise ValueError(f"unknown feature {unknown[0]!r}; known are {', '.join(sorted(NAMES))}")
    return window


# Of an even number of lists, as in Rasa, one more is for the words before.
WindowOption = Annotated[list[list[str]], AfterValidator(_known)]
CenteredWindowOption = Annotated[WindowOption, AfterValidator(_odd)]


def features_of_tokens(message: Message, window: Window) -> list[list[str]]:
    """Of each token its features and those of its neighbours, such as `-1:low:new`."""
    wanted = {name for names in window for name in names}
    own = [
        {name: OF_A_WORD[name](token.text) for name in wanted if name in OF_A_WORD}
        for token in message.tokens
    ]
    found = _found_by_others(message, wanted)
    half = len(window) // 2
    return [
        [
            *_of_window(own, found, window, at, half),
            *(["BOS"] if at == 0 else []),
            *(["EOS"] if at == len(own) - 1 else []),
        ]
        for at in range(len(own))
    ]


def _of_window(
    own: Sequence[Mapping[str, str]],
    found: Mapping[str, list[list[str]]],
    window: Window,
    at: int,
    half: int,
) -> list[str]:
    features: list[str] = []
    for place, names in enumerate(window, start=-half):
        there = at + place
        if not 0 <= there < len(own):
            continue
        for name in names:
            if name in own[there]:
                features.append(f"{place}:{name}:{own[there][name]}")
            elif name in found:
                features += [f"{place}:{name}:{one}" for one in found[name][there]]
    return features


def _found_by_others(message: Message, wanted: set[str]) -> dict[str, list[list[str]]]:
    count = len(message.tokens)
    found = {
        name: known
        for name, known in message.token_features.items()
        if name in wanted and len(known) == count
    }
    if "pos2" in wanted and len(message.token_features.get("pos", ())) == count:
        found["pos2"] = [[tag[:2] for tag in tags] for tags in message.token_features["pos"]]
    return found
