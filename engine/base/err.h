/* Errors: one table of codes, and the text that travels beside them.
 *
 * A function that can fail returns 0 or a negative `enum err_code`, and writes
 * what happened into the caller's `struct err`.  Each code has the name AWS
 * gives the fault, so that the API answers from this table alone.
 * Source of the fault names: the Secrets Manager service model, 2017-10-17.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#include <stddef.h>

/* X(code, AWS fault, HTTP status) */
#define ERR_TABLE(X)                                                           \
  X(ERR_INTERNAL, "InternalServiceError", 500)                                 \
  X(ERR_NOMEM, "InternalServiceError", 500)                                    \
  X(ERR_IO, "InternalServiceError", 500)                                       \
  X(ERR_FULL, "InternalServiceError", 500)    /* the disk is full */           \
  X(ERR_CORRUPT, "InternalServiceError", 500) /* data is not what we wrote */  \
  X(ERR_CONFIG, "InternalServiceError", 500)  /* a person must change it */    \
  X(ERR_NEWER, "InternalServiceError", 500)   /* made by a newer version */    \
  X(ERR_FENCED, "InternalServiceError", 500)  /* a lease went to another */    \
  X(ERR_BUSY, "InternalServiceError", 503)    /* held by another; try later */ \
  X(ERR_DEADLINE, "InternalServiceError", 500)                                 \
  X(ERR_UNREACHABLE, "InternalServiceError", 500)                              \
  X(ERR_NOT_FOUND, "ResourceNotFoundException", 400)                           \
  X(ERR_EXISTS, "ResourceExistsException", 400)                                \
  X(ERR_PARAMETER, "InvalidParameterException", 400)                           \
  X(ERR_REQUEST, "InvalidRequestException", 400)                               \
  X(ERR_VALIDATION, "ValidationException", 400)                                \
  X(ERR_ACCESS, "AccessDeniedException", 400)                                  \
  X(ERR_LIMIT, "LimitExceededException", 400)                                  \
  X(ERR_ENCRYPT, "EncryptionFailure", 400)                                     \
  X(ERR_DECRYPT, "DecryptionFailure", 400)                                     \
  X(ERR_NEXT_TOKEN, "InvalidNextTokenException", 400)                          \
  X(ERR_UNKNOWN_OPERATION, "UnknownOperationException", 400)                   \
  X(ERR_SERIALIZATION, "SerializationException", 400)                          \
  X(ERR_THROTTLED, "ThrottlingException", 400)                                 \
  X(ERR_AUTH_MISSING, "MissingAuthenticationTokenException", 400)              \
  X(ERR_AUTH_INCOMPLETE, "IncompleteSignatureException", 400)                  \
  X(ERR_AUTH_UNRECOGNIZED, "UnrecognizedClientException", 400)                 \
  X(ERR_AUTH_SIGNATURE, "InvalidSignatureException", 400)                      \
  X(ERR_AUTH_EXPIRED, "InvalidSignatureException", 400) /* or too early */     \
  X(ERR_AUTH_EXPIRED_TOKEN, "ExpiredTokenException", 400)                      \
  X(ERR_POLICY_SYNTAX, "MalformedPolicyDocumentException", 400)                \
  X(ERR_POLICY_PUBLIC, "PublicPolicyException", 400)                           \
  X(ERR_PRECONDITION, "PreconditionNotMetException", 400)                      \
  /* IAM's names */                                                            \
  X(ERR_NO_ENTITY, "NoSuchEntityException", 400)                               \
  X(ERR_ENTITY_EXISTS, "EntityAlreadyExistsException", 400)                    \
  X(ERR_DELETE_CONFLICT, "DeleteConflictException", 400)

enum err_code {
  ERR_OK = 0,
#define X(code, fault, status) code,
  ERR_TABLE(X)
#undef X
      ERR_COUNT
};

#define ERR_TEXT_MAX 1024

/* Plain memory, cheap on the stack; `code` is 0 while nothing failed. */
struct err {
  enum err_code code;
  char text[ERR_TEXT_MAX];
};

/* Sets the text and gives the negative code, for `return err_set(…)`.  `e` may
 * be NULL.  A text longer than ERR_TEXT_MAX is cut; it is UTF-8 in any case:
 * what is none becomes `?`.  A macro, so that readers and analyzers see that it
 * is never 0. */
#define err_set(e, code, ...) \
  (err_write((e), (code), __VA_ARGS__), -(int)(code))
void err_write(struct err *e, enum err_code code, const char *fmt, ...)
    __attribute__((format(printf, 3, 4)));

/* Puts "what: " before the text that is there; returns -e->code. */
int err_wrap(struct err *e, const char *fmt, ...)
    __attribute__((format(printf, 2, 3)));

void err_clear(struct err *e);

/* The code's own name ("ERR_FULL"), AWS's fault name and HTTP status. */
const char *err_name(enum err_code code);
const char *err_fault(enum err_code code);
int err_status(enum err_code code);

#endif
