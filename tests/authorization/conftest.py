"""Where the oracle is missing, pytest ends with ctest's word for that."""

SKIPPED = 77


def pytest_sessionfinish(session, exitstatus):
    reporter = session.config.pluginmanager.get_plugin("terminalreporter")
    ran = any(reporter.stats.get(k) for k in ("passed", "failed", "error"))
    if not ran and reporter.stats.get("skipped"):
        session.exitstatus = SKIPPED
