"""Papers and recommended initializers that several activations share."""

from actbench.activations.entry import Paper, RecommendedInitializer

GLOROT = Paper(
    "Glorot and Bengio",
    2010,
    "Understanding the difficulty of training deep feedforward neural networks",
    "AISTATS 2010",
)

HE = Paper(
    "He et al.",
    2015,
    "Delving Deep into Rectifiers: Surpassing Human-Level Performance on ImageNet Classification",
    "arXiv:1502.01852",
)

MARTINS = Paper(
    "Martins and Astudillo",
    2016,
    "From Softmax to Sparsemax: A Sparse Model of Attention and Multi-Label Classification",
    "arXiv:1602.02068",
)

HE_FOR_RECTIFIERS = RecommendedInitializer("he_normal", str(HE))

HE_AS_FOR_RELU = RecommendedInitializer("he_normal", f"as for relu: {HE}")

GLOROT_FOR_SYMMETRIC = RecommendedInitializer("glorot_uniform", str(GLOROT))

GLOROT_AS_FOR_TANH = RecommendedInitializer("glorot_uniform", f"as for tanh: {GLOROT}")

# tests/activations/test_catalogue.py checks the choice.
CHOSEN_BY_GAIN = (
    "no paper recommends one; of lecun_normal and he_normal, the one whose gain is nearer to moment_matched"
)

HE_BY_GAIN = RecommendedInitializer("he_normal", CHOSEN_BY_GAIN)

LECUN_BY_GAIN = RecommendedInitializer("lecun_normal", CHOSEN_BY_GAIN)

DENSE_DEFAULT = RecommendedInitializer("glorot_uniform", "no paper recommends one; the default of Dense")
