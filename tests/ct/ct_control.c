/* Shows that the constant-time check can fail: a branch and an address that depend on a secret. */
#include <stdio.h>
#include <valgrind/memcheck.h>

int main(int argc, char **argv)
{
    volatile unsigned char secret = (unsigned char)argc, table[256] = {0};
    (void)argv;
    (void)VALGRIND_MAKE_MEM_UNDEFINED(&secret, 1);
    if (secret == 3)
        (void)puts("three");
    return table[secret];
}
