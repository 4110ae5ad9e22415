"""The machine and the software that produced numbers."""

from pydantic import Field

from actbench.records.record import Record


class Environment(Record):
    """The machine and the software that produced the numbers.

    Attributes:
        cpu: Model name of the processor.
        cores: Cores this process may use.
        memory_bytes: Physical memory.
        system: Operating system and release.
        python: Version of Python.
        packages: Version of each package that can move a number.
        variables: Environment variables by which TensorFlow and its libraries are tuned.
        device: What TensorFlow computes on, such as "CPU"; None in the parent, which never loads it.
        intra_op_threads: Threads inside one operation; None where unknown, as `device`.
        inter_op_threads: Threads across operations; None where unknown, as `device`.
        build: What TensorFlow was built from and with, and what it found here: which processor, by family and
            model, and which devices. Empty where unknown, as `device`, and in records of schema version 1.
    """

    cpu: str
    cores: int
    memory_bytes: int
    system: str
    python: str
    packages: dict[str, str]
    variables: dict[str, str] = Field(default_factory=dict)
    device: str | None = None
    intra_op_threads: int | None = None
    inter_op_threads: int | None = None
    build: dict[str, str] = Field(default_factory=dict)
