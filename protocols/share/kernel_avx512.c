#define RF_KERNEL       rf_kernel_avx512
#define RF_KERNEL_LABEL "avx512"
#include "protocols/share/kernel_body.h"
