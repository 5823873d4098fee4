"""``python -m kmu`` is ``kmu``."""

import sys

from kmu.cli import main

sys.exit(main())
