"""Figures of paper A on deep blocks, fixed tasks, noisy labels, and with one setting changed."""

from incontext.figures.entry import FigureEntry

FIXED_TASK_ENTRIES = (
    FigureEntry(
        "A8",
        "A",
        "deep-blocks",
        "Blocks of linear attention with four heads and an MLP, each with weights of its own, "
        "beside gradient descent and GD++ of as many steps: loss during training, and how close "
        "their predictions come to those of either algorithm. Crosses: published.",
        "Three panels against training steps. The loss of the blocks falls below the level of "
        "gradient descent, towards the lower one of GD++. The cosines with both algorithms end "
        "near one.",
        "deep_blocks:training",
    ),
    FigureEntry(
        "A16",
        "A",
        "fixed-tasks",
        "One linear layer trained on a fixed set of tasks, all of them at every step: loss on "
        "fresh tasks and cosine with one gradient step during training, and losses at the end "
        "by the size of the set, beside least squares with as many numbers as the layer has. "
        "Every point of the last panel is one network.",
        "Three panels. On the smallest set the loss on fresh tasks rises far above that of "
        "predicting zero; the larger the set, the closer it ends to the best step, and "
        "the closer the cosine to one. At the end loss on fresh tasks falls and loss on the set "
        "rises with the size of the set, both near the dotted curves of least squares.",
        "fixed_tasks:sizes",
    ),
    FigureEntry(
        "A15-block",
        "A",
        "fixed-tasks",
        "One block of linear attention and an MLP, trained on a fixed set of tasks: loss on the "
        "set and on fresh tasks.",
        "Two curves of loss against steps. That of the set falls throughout and ends far below "
        "the level of the best gradient step. That of fresh tasks stays above it; where there are "
        "few tasks it falls first and rises again.",
        "fixed_tasks:block",
    ),
    FigureEntry(
        "A9-three",
        "A",
        "variants",
        "Products of three tied layers of linear attention, whose tokens are not clipped.",
        "Two heat maps. The first is a multiple of the identity on the inputs, the second a "
        "smaller multiple of opposite sign with one strong entry for the target.",
        "variants:three",
    ),
    FigureEntry(
        "A15-clip",
        "A",
        "variants",
        "Loss of every training seed of one linear layer, its gradients clipped to a norm of 10, "
        "as the text says, and of 0.001, as in the authors' code. Not in the paper.",
        "Two panels of loss against steps. With either clip the seeds drop from the level of "
        "predicting zero onto the gradient step within the first part of training.",
        "variants:clips",
    ),
    FigureEntry(
        "A14-ways",
        "A",
        "variants",
        "One linear layer and a LayerNorm, by what is normalised: loss, and cosine and difference "
        "of sensitivities with those of one gradient step. Dotted: published. Each dot is one "
        "network. Not in the paper.",
        "Three panels with a row of dots for each way to normalise, and a vertical line for the "
        "published value. Only the dots for the context alone lie near all three lines.",
        "variants:norms",
    ),
    FigureEntry(
        "Ax-noise",
        "A",
        "noisy-labels",
        "Networks of clean tasks and the algorithms they have learned, on prompts of which some "
        "labels are replaced by noise. For one layer also the best gradient step for so much "
        "noise, in closed form. Not in the paper.",
        "Two panels of loss against the number of noisy labels. All curves rise. One layer, the "
        "gradient step and their average lie on each other; the best step for so much noise rises "
        "more slowly. Two layers and GD++ start below two gradient steps and end above them.",
        "fixed_tasks:noise",
    ),
)
