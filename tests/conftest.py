"""What several test modules share."""

from __future__ import annotations

import os

from hypothesis import settings

# Kernels and commands started by a test must state their encodings too; pytest turns this process's own
# warnings into errors (pyproject), and children inherit the switch.
os.environ.setdefault("PYTHONWARNDEFAULTENCODING", "1")

# How long an example takes says how busy the machine is, not whether the code is right.
settings.register_profile("untimed", deadline=None)
settings.load_profile("untimed")
