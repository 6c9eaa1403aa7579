#include "frob/core.h"
#include "frob/io.h"
