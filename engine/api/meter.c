/* Who is unknown is not metered: nobody would be billed. */
#include "api/meter.h"

#include "api/authenticate.h"
#include "api/ops.h"
#include "event/metrics.h"
#include "event/usage.h"

void meter(const struct call *c, const struct err *out)
{
  const struct principal *who = c->caller->who;
  enum metrics_result result = out == NULL                    ? METRICS_OK
                               : err_status(out->code) >= 500 ? METRICS_FAILED
                                                              : METRICS_REFUSED;

  if (c->api->metrics != NULL)
    metrics_request(c->api->metrics, op_index(c->op), result,
                    clock_now_us(c->api->clock) - c->now_us);
  if (c->api->usage != NULL && who != NULL)
    usage_count(c->api->usage, who->arn, c->op->action);
}
