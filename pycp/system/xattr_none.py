"""No extended attributes, where neither `os` has calls for them nor the xattr package is there.

What is asked is answered as on a file system without any. Who insists on them asks `has_xattrs`.
"""

import os
from errno import ENOTSUP

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import NoReturn

IS_MISSING = True
"""What other modules of this kind do not have."""


def _refuse(*_words: object) -> "NoReturn":
    raise OSError(ENOTSUP, os.strerror(ENOTSUP))


list_names = names_of_open = names_of_path = _refuse
get_value = value_of_open = _refuse
set_value = set_on_open = _refuse
remove = _refuse
