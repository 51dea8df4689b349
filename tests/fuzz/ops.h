/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The operations: each draws its arguments, says by the model what must come of it,
 * does it, and changes the model. They run one at a time, in whichever thread has
 * its turn; all that they share lies in shared memory.
 */
#ifndef IOPORT_FUZZ_OPS_H
#define IOPORT_FUZZ_OPS_H

#include "fuzz/ops_access.h"
#include "fuzz/ops_file.h"
#include "fuzz/ops_map.h"
#include "fuzz/ops_range.h"
#include "fuzz/ops_system.h"

#endif
