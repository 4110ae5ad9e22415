import subprocess
import sys

HEAVY = {"pandas", "scipy", "tensorflow", "keras", "numpy"}


def test_the_store_loads_nothing_heavy():
    code = f"import sys, actbench.store; print({HEAVY!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
