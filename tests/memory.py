"""A directory of this process, in memory."""

from tests.scratch import own_directory

MEMORY = own_directory()
"""Where files cost the least."""
