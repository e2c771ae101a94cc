"""The drawings of the chapters in which a sequence model is asked for something else."""

from collections.abc import Sequence

from incontext.figures.drawing import (
    ATTENTION,
    CURVATURE,
    INPUT,
    STEP,
    TARGET,
    Schematic,
    arrow,
    cell,
    line,
    text,
)


def prompt() -> Schematic:
    """Chapter 13: to a network of sequences every token is the answer to the one before it."""
    parts = []
    for top, words, told in (
        (34, ("*s*_1", "*s*_2", "*s*_3", "*s*_4", "*s*_5", "?"), "trained: sequences"),
        (120, ("*x*_1", "*y*_1", "*x*_2", "*y*_2", "*x*_3", "?"), "asked: pairs"),
        (206, ("*x*_1", "*y*_1", "EOS", "*x*_2", "*y*_2", "EOS", "*x*_3", "?"), "with a token"),
    ):
        parts += [text(2, top - 18, told, anchor="start", size=12), *_row(top, words)]
    return Schematic(
        "prompt", 250, "".join(parts),
        "Three rows of tokens with an arrow from each to the next. In the first, states of a "
        "sequence, every arrow is alike. In the second, inputs and outputs in turn, arrows from "
        "an output to the next input are dashed. In the third a token stands between the pairs, "
        "and no arrow leads from an output to an input.",
        "Pairs in place of a sequence. In training every token follows from the one before it "
        "(blue). In a prompt an output does not lead to the next input (dashed, vermilion), but "
        "the network cannot know that. A tuned token between the pairs (green) tells them apart.",
    )  # fmt: skip


def _row(top: int, words: Sequence[str]) -> list[str]:
    """Tokens from left to right, and what leads from each to the next."""
    width, space = (36, 58) if len(words) < 7 else (32, 44)
    parts = []
    for index, word in enumerate(words):
        left = 4 + space * index
        colour = {"*s*": INPUT, "*x*": INPUT, "*y*": TARGET, "EOS": CURVATURE}.get(word[:3], "")
        parts.append(cell(left, top, colour, word, width=width))
        if index + 1 < len(words) and "EOS" not in (word, words[index + 1]):
            way = [(left + width + 1, top + 15), (left + space - 2, top + 15)]
            wrong = word.startswith("*y*")
            parts.append(line(way, STEP, dash="3 3") if wrong else arrow(way, ATTENTION, width=1.6))
    return parts


def recalled() -> Schematic:
    """Chapter 15: a key is the token before, so a memory returns what followed a word last time."""
    words = ("my", "fellow", "citizens", "…", "my", "fellow")
    before = ("", "my", "fellow", "…", "…", "my")
    lefts, widths = (56, 94, 148, 206, 234, 272), (34, 50, 54, 24, 34, 50)
    keys, values, parts = 44, 92, []
    for word, last, left, width in zip(words, before, lefts, widths, strict=True):
        parts += [
            cell(left, keys, INPUT if last else "", last, width=width),
            cell(left, values, TARGET, word, width=width),
        ]
    asked, found = lefts[-1] + 25, lefts[2] + 27
    parts += [
        text(2, keys + 20, "key", anchor="start", size=12),
        text(2, values + 20, "value", anchor="start", size=12),
        cell(326, values, "", "?", width=30),
        text(asked, 16, "query: fellow", size=12),
        line([(asked, 22), (asked - 20, 30), (found + 12, 30)], ATTENTION, bend=True),
        arrow([(found + 12, 30), (found, 32), (found, 42)], ATTENTION, bend=True),
        arrow([(found, 124), (258, 172), (340, 125)], TARGET, width=2.2, bend=True),
        text(236, 168, "what came after it then", size=12),
    ]
    return Schematic(
        "recalled", 178, "".join(parts),
        "Six words in a row. Above each stands the word before it, as a key. The last word, "
        "fellow, is the query; it finds the key fellow, under which the value citizens stands, and "
        "an arrow leads from there to the unknown next word.",
        "Keys that are one token late. Every token is written under the one before it. The last "
        "token asks for what came after it earlier in the passage, and a memory that keeps the two "
        "together answers.",
    )  # fmt: skip
