"""Figures that go beyond paper B: memories that are trained."""

from incontext.figures.entry import FigureEntry

RECALL_ENTRIES = (
    FigureEntry(
        "Bx-recall-trained",
        "B",
        "recall",
        "How many pairs one trained memory layer recalls, by the number of pairs written, with 16 "
        "dimensions; it was trained with 16 pairs. Below, the same kinds of memory without any "
        "training, which read the keys as given. Not in the paper.",
        "A column of two panels per task, recall against pairs. Where keys are alike anew in "
        "every sequence, linear attention and the delta rule stay low, trained or not, and the "
        "mesa layer and softmax attention stay high. Where keys are alike always the same way, "
        "trained linear attention recalls far more than untrained. Where keys are bound twice, "
        "the mesa layer recalls half, and with gates nearly everything.",
        "recall:recall",
    ),
    FigureEntry(
        "Bx-keys",
        "B",
        "recall",
        "How alike two keys of a sequence are, as given and after the trained projection, and what "
        "a projected query has in common with the key of another pair, as mean cosines. Not in the "
        "paper.",
        "A row per network with three markers. Keys that are alike in another way in "
        "every sequence stay alike after the projection. Keys that are always alike in the same "
        "way do so where training is short, and become unlike where it is longer, but for softmax "
        "attention. Linear attention and the delta rules learn queries that have little in common "
        "with other keys, on average.",
        "recall:likeness",
    ),
)
