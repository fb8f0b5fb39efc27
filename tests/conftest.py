"""What several test modules share."""

from __future__ import annotations

import os

# Kernels and commands started by a test must state their encodings too; pytest turns this process's own
# warnings into errors (pyproject), and children inherit the switch.
os.environ.setdefault("PYTHONWARNDEFAULTENCODING", "1")
