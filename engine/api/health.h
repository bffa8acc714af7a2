/* Is it well?  For those who watch over processes, and so without a signature:
 * it says nothing that a secret is part of.
 */
#ifndef API_HEALTH_H
#define API_HEALTH_H

#include "api/target.h"

/* Answers `GET` and `HEAD` of /live (the process answers), /health (the store
 * can be read, the audit trail written, and the engine runs; else 503 and a
 * line that says what does not) and, in development mode, of
 * /_localstack/health.  false: it is another request, and nothing is answered.
 */
bool health_answer(const struct api *api, const struct http_request *request,
                   struct http_reply *reply);

#endif
