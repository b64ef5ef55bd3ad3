#define RF_KERNEL       rf_kernel_portable
#define RF_KERNEL_LABEL "portable"
#include "protocols/share/kernel_body.h"
