"""Yes or no for each of many examples, as text that fits into a JSON line: one bit each."""

import base64
import binascii

import numpy as np
import numpy.typing as npt


def pack(correct: npt.NDArray[np.bool_]) -> str:
    """Base64 of `numpy.packbits`.

    Args:
        correct: Shape (n,).
    """
    return base64.b64encode(np.packbits(correct).tobytes()).decode("ascii")


def unpack(packed: str, n: int) -> npt.NDArray[np.bool_]:
    """What was packed.

    Args:
        packed: As `pack` wrote it.
        n: How many examples it is about, at least 0.

    Returns:
        Shape (n,).

    Raises:
        ValueError: It is not base64, or not of n examples.
    """
    try:
        content = base64.b64decode(packed, validate=True)
    except binascii.Error:
        raise ValueError("not base64") from None
    if len(content) != -(-n // 8):
        raise ValueError(f"{len(content)} bytes are not {n} bits")
    return np.unpackbits(np.frombuffer(content, dtype=np.uint8), count=n).astype(np.bool_)
