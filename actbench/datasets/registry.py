"""What is known of each dataset before it is loaded."""

from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class DatasetSource:
    """One dataset of the package.

    Attributes:
        name: As in the config.
        train: Training examples in the file, before a validation split.
        test: Test examples in the file.
        features: Values per example.
        classes: Labels are 0..classes-1.
        description: One line for `actbench list datasets`.
        path: The `.npz` with x_train, y_train, x_test, y_test.
        sha256: Of that file's content.
    """

    name: str
    train: int
    test: int
    features: int
    classes: int
    description: str
    path: Path
    sha256: str


_HERE = Path(__file__).parent

DATASETS: dict[str, DatasetSource] = {
    source.name: source
    for source in (
        DatasetSource(
            name="mnist",
            train=60000,
            test=10000,
            features=784,
            classes=10,
            description="handwritten digits, 28 x 28 grey pixels (LeCun and Cortes; bundled)",
            path=_HERE / "mnist.npz",
            sha256="99b6212d8b734503d7fa2e29ea6413bad62226998e56555f4a6b0b30072f1aec",
        ),
    )
}
