"""How hard the generated tests try.

``LOCKHOOK_EXAMPLES=10000 pytest tests/property`` is the large run; every run derives its examples
anew, and a failure is kept and tried first the next time.
"""

from __future__ import annotations

import os

from hypothesis import HealthCheck, settings

settings.register_profile(
    "lockhook",
    max_examples=int(os.environ.get("LOCKHOOK_EXAMPLES", "100")),
    deadline=None,  # shared machines are slow at times
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("lockhook")
