/* The engine as the API sees it, made of the scheduler and the plugin host. */
#ifndef SERVER_PORT_H
#define SERVER_PORT_H

#include "host/supervisor.h"
#include "rotation/port.h"
#include "scheduler/scheduler.h"

struct port {
  struct engine_port engine;
  struct scheduler *scheduler;
  struct supervisor *supervisor;
};

/* Both borrowed as long as the port is used. */
void port_init(struct port *p, struct scheduler *scheduler,
               struct supervisor *supervisor);

#endif
