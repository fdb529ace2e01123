"""A local CRM for demos, rehearsals and tests; never imports crm."""
