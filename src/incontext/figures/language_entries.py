"""Figures about language models, after paper B and beyond it."""

from incontext.figures.entry import FigureEntry

LANGUAGE_ENTRIES = (
    FigureEntry(
        "B26",
        "B",
        "language",
        "Figures 26 and 27 at the scale of a desk: perplexity of held-out addresses and in-context "
        "score of networks that differ in their attention only, beside n-grams; right, what the "
        "paper plots for networks of width 768 after some 50 billion tokens of another text. "
        "Heights of left and right do not compare, orders do.",
        "Four panels of markers, one per training seed and kind of attention, grouped by network. "
        "Left the networks trained here, right the published ones, perplexity above and score "
        "below. Horizontal lines mark a bigram and a 5-gram.",
        "language:perplexities",
    ),
    FigureEntry(
        "Bx-text-positions",
        "B",
        "language",
        "Surprise at the next token by the number of tokens read, on held-out addresses, at the "
        "scale of a desk. Not in the paper.",
        "One panel per network. Curves fall with the tokens read; n-grams, which remember at most "
        "four of them, soon stay level.",
        "language:positions",
    ),
    FigureEntry(
        "Bx-text-seen",
        "B",
        "language",
        "What networks gain over a bigram on three kinds of tokens: new in the passage, seen "
        "before, and seen before after the same token, at the scale of a desk. Not in the paper.",
        "One panel per network with three groups of markers, one per kind of attention and seed. "
        "A line marks zero, no gain.",
        "language:seen",
    ),
    FigureEntry(
        "Bx-text-passage",
        "B",
        "language",
        "A passage of a held-out address, chosen by its place in the middle of the list: which of "
        "two networks, mesa or linear attention, gave a token the higher probability, first "
        "training seed. Full colour is a difference of three nats or more. Not in the paper.",
        "Lines of text; the background of every token is tinted in one of two colours, stronger "
        "where the two networks differ more.",
        "language:passage",
    ),
)
