import signal

import pytest
from hypothesis import settings

# The same examples in every run, so that a change is judged by what it changes; `make test-all` draws others.
settings.register_profile("fixed", derandomize=True)
settings.load_profile("fixed")

# A shell starts background jobs with SIGINT ignored, and processes inherit that: tests of Ctrl-C must not.
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_make_parametrize_id(val, argname):
    """Names tests after no bytes: gzip's hold the time, and xdist wants equal names in every process."""
    return argname if isinstance(val, bytes) else None


@pytest.fixture
def attempts(tmp_path):
    """Where fake workers say what they have taken; see `tests.fake_worker`."""
    folder = tmp_path / "attempts"
    folder.mkdir()
    return folder
