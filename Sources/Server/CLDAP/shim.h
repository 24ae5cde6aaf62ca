// libldap's own header, so that Swift sees its functions.
#include <ldap.h>
