#define RF_KERNEL       rf_kernel_avx2
#define RF_KERNEL_LABEL "avx2"
#include "protocols/share/kernel_body.h"
