#pragma once
#define XXH_STATIC_LINKING_ONLY 0
#include <xxhash.h>
