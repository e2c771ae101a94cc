"""Every experiment at smoke, compiled fast."""

import compiling
import pytest

compile_little = pytest.fixture(autouse=True, scope="package")(compiling.little_and_once)
