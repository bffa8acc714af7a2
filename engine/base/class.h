/* What a rotator's answer is called: the classes of keyturn/rotator.h by name,
 * as the API, the log, metrics and the kit all spell them. */
#ifndef BASE_CLASS_H
#define BASE_CLASS_H

/* "OK", "UNREACHABLE" …; what is no class is AMBIGUOUS. */
const char *class_name(int kt_class);

#endif
