import signal

import pytest

# A shell starts background jobs with SIGINT ignored, and processes inherit that: tests of Ctrl-C must not.
signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture
def attempts(tmp_path):
    """Where fake workers say what they have taken; see `tests.fake_worker`."""
    folder = tmp_path / "attempts"
    folder.mkdir()
    return folder
