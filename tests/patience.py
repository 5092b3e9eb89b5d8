"""How long a test waits for what is to come, in one place; only a test that fails waits for so long.

BAYBOARD_TEST_PATIENCE multiplies it, for a machine that has much else to do.
"""

import os

PATIENCE_SECONDS = 90.0 * float(os.environ.get("BAYBOARD_TEST_PATIENCE", "1"))
PATIENCE_MS = PATIENCE_SECONDS * 1000
