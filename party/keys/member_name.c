#include "party/keys/member_name.h"

#include <string.h>

#include "net/node.h"

bool rf_member_name_valid(const char *name)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyz";
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    size_t length = strlen(name);
    return length >= 1 && length <= RF_MEMBER_NAME_MAX && strchr(letters, name[0]) &&
           strspn(name, allowed) == length;
}
