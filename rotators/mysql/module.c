/* module.c - names this plugin's rotators to the host. */
#include "rotators.h"

KT_MODULE(&single_user_rotator, &dual_password_rotator, &alternating_rotator)
