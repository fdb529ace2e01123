"""A local HTTP server for any CRM: routes, limits, faults, logs. It knows no CRM."""
