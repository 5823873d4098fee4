"""What all tests share."""

import os

from hypothesis import settings

# The same cases in every CI run: new ones are for people, who can look into what they find.
settings.register_profile("ci", derandomize=True, deadline=None)
settings.register_profile("people", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "people")
