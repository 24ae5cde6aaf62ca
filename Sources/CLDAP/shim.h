// libldap's own header, so that Swift sees its functions, and malloc_usable_size(3).
#include <ldap.h>
#include <malloc.h>
