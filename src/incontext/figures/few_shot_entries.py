"""Figures of paper B: a model of sequences asked to do regression."""

from incontext.figures.entry import FigureEntry

FEW_SHOT_ENTRIES = (
    FigureEntry(
        "B8A",
        "B",
        "few-shot",
        "A network trained on sequences alone, asked to do regression: loss of its answer by the "
        "number of pairs given, with pairs alone, a tuned EOS between them, and a tuned prefix. "
        "Beside it, ridge regressions on the same prompts.",
        "Two panels. On the left three curves; that with a prefix falls from the start. On the "
        "right ridge regression from every token to the next rises above the loss of predicting "
        "zero before it falls; ridge on pairs alone falls from the start.",
        "few_shot:one_task",
    ),
    FigureEntry(
        "B8B",
        "B",
        "few-shot",
        "The same network on prompts in which a second task begins without notice.",
        "All curves fall, jump above the loss of predicting zero at the pair where the second "
        "task begins, and fall again, more slowly than before.",
        "few_shot:two_tasks",
    ),
    FigureEntry(
        "B18",
        "B",
        "few-shot",
        "A softmax layer and a mesa layer, trained on sequences alone and asked to do regression: "
        "one task, and two in one prompt.",
        "Two panels with three curves each. Those with EOS fall faster than that of pairs alone. "
        "With two tasks all jump where the second begins and fall again.",
        "few_shot:hybrid",
    ),
)
