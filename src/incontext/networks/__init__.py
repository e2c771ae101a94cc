"""Trainings as values, trained networks as files, and the recorder that makes them."""

from incontext.networks.distillation import Distillation
from incontext.networks.layouts import Apart, Constructed, Numbers, Raw, Together
from incontext.networks.learnables import DeepFeatures, GDPlusPlus, ScaledIdentities
from incontext.networks.network import Check, Networks, TrainedNetwork
from incontext.networks.store import Store
from incontext.networks.training import Training
from incontext.networks.tuning import Tuning

__all__ = [
    "Apart",
    "Check",
    "Constructed",
    "DeepFeatures",
    "Distillation",
    "GDPlusPlus",
    "Networks",
    "Numbers",
    "Raw",
    "ScaledIdentities",
    "Store",
    "Together",
    "TrainedNetwork",
    "Training",
    "Tuning",
]
