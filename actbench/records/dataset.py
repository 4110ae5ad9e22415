"""What was trained and tested on."""

from pydantic import Field

from actbench.metric_names import ScoreName, score_name
from actbench.records.record import Record


class TargetInfo(Record):
    """What was predicted.

    Attributes:
        name: As in the data.
        classes: How many there are; None of a number.
        rule: Why it was taken for classes or for a number, in words.
    """

    name: str
    classes: int | None
    rule: str = ""


class DatasetInfo(Record):
    """What exactly was trained and tested on.

    Attributes:
        name: As in the config; of own data the name of the file or folder.
        sha256: Of the source's content; of a synthetic set, of what it is made from.
        train, validation, test: Examples in each part.
        split_rule: How the parts were drawn, in words.
        split_sha256: Of the chosen row numbers, so that a changed rule cannot pass unseen.
        features: Values per example; 0 in runs of older versions, as what follows is empty there.
        targets: What was predicted.
        preprocess: What was done to the features, in words.
        files: The SHA-256 of each file's content, by name.
        constant_score: What the best constant answer scores on the test part: the share of the largest class,
            0 of a number's R², the mean over several targets; None in runs of older versions.
    """

    name: str
    sha256: str
    train: int
    validation: int
    test: int
    split_rule: str
    split_sha256: str
    features: int = 0
    targets: tuple[TargetInfo, ...] = ()
    preprocess: str = ""
    files: dict[str, str] = Field(default_factory=dict)
    constant_score: float | None = None

    @property
    def score_name(self) -> ScoreName:
        """What verdicts are about."""
        return score_name(self.targets)

    @property
    def in_nats(self) -> bool:
        """Whether the loss is a cross-entropy, of however many targets."""
        return all(target.classes is not None for target in self.targets)
