/* The rows of the table of operations (api/ops.h) that look back: the audit
 * trail, and what was used. */
#ifndef API_OPS_AUDIT_H
#define API_OPS_AUDIT_H

#define OPS_AUDIT_TABLE(X)                               \
  X(keyturn, GetUsage, op_get_usage, true, OP_ALL)       \
  X(keyturn, SearchAudit, op_search_audit, true, OP_ALL) \
  X(keyturn, VerifyAudit, op_verify_audit, true, OP_ALL)

#endif
