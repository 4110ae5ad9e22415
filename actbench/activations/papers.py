"""The papers that the catalogue cites more than once."""

from actbench.activations.entry import Paper, Recommended

RUMELHART = Paper(
    "Rumelhart, Hinton and Williams",
    1986,
    "Learning representations by back-propagating errors",
    "Nature 323",
)
LECUN = Paper("LeCun et al.", 1998, "Efficient BackProp", "Neural Networks: Tricks of the Trade")
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
KLAMBAUER = Paper("Klambauer et al.", 2017, "Self-Normalizing Neural Networks", "arXiv:1706.02515")
RAMACHANDRAN = Paper(
    "Ramachandran, Zoph and Le", 2017, "Searching for Activation Functions", "arXiv:1710.05941"
)
MARTINS = Paper(
    "Martins and Astudillo",
    2016,
    "From Softmax to Sparsemax: A Sparse Model of Attention and Multi-Label Classification",
    "arXiv:1602.02068",
)
SHAZEER = Paper("Shazeer", 2020, "GLU Variants Improve Transformer", "arXiv:2002.05202")

RECTIFIER = Recommended("he_normal", str(HE))
LIKE_A_RECTIFIER = Recommended("he_normal", f"as for relu: {HE}")
SYMMETRIC = Recommended("glorot_uniform", str(GLOROT))
LIKE_TANH = Recommended("glorot_uniform", f"as for tanh: {GLOROT}")

NEAREST = "no paper recommends one; of lecun_normal and he_normal that with the gain nearer to moment_matched"
NEAREST_HE = Recommended("he_normal", NEAREST)
NEAREST_LECUN = Recommended("lecun_normal", NEAREST)
MIXING = Recommended("glorot_uniform", "no paper recommends one; the default of Dense")
