"""Figures that go beyond paper B: what attention layers can remember."""

from incontext.figures.entry import FigureEntry

MEMORY_ENTRIES = (
    FigureEntry(
        "Bx-recall",
        "B",
        "memories",
        "How many pairs a memory recalls: share of keys that lead to their value, by the number of "
        "pairs written, with 16 dimensions at the recorded settings. Nothing is trained; every "
        "memory has the setting that served it best on other draws. Not in the paper.",
        "Two panels of recall against pairs. With independent keys all memories but softmax fall "
        "as pairs are added, the mesa layer last, beyond as many pairs as dimensions. With "
        "correlated keys linear attention and the delta rules fall to near guessing soon, the "
        "mesa layer keeps its curve, softmax attention stays at one.",
        "memories:recall",
    ),
    FigureEntry(
        "Bx-new",
        "B",
        "memories",
        "What a memory says about a query it has not seen: error, as a share of the truth, if "
        "values are a linear map of keys, after the best single factor. Errors below 0.0001 are "
        "drawn there. Not in the paper.",
        "Two panels of error against pairs on a logarithmic axis. The error of the mesa layers "
        "falls to the bottom of the panel once there are as many pairs as dimensions. All others "
        "decline gradually; with independent keys softmax attention lies highest.",
        "memories:new_query",
    ),
    FigureEntry(
        "Bx-rebound",
        "B",
        "memories",
        "Keys bound to a value and then to another: how often the second is found. Beside it, "
        "recall of eight pairs (two in the smallest preset) from noisy queries. Bars are 95 % "
        "intervals over draws. Not in the paper.",
        "Left, shares: linear attention and the mesa layer with one step lowest, the mesa layer "
        "and softmax attention near one half, the delta rules above, the mesa layer with "
        "forgetting at one. Right, recall falls with noise for all.",
        "memories:rebound",
    ),
    FigureEntry(
        "Bx-chunks",
        "B",
        "memories",
        "The mesa layer in chunks: inside a chunk it is attention whose keys and values are the "
        "same; everything before is held by one root S. A drawing; not in the paper.",
        "Left, a triangle of all pairs of positions. Right, three small triangles along the "
        "diagonal, one a chunk, and to the left of each but the first a rectangle marked S.",
        "memories:chunks",
    ),
)
