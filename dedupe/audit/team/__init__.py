"""Users, rights, owners and the integrations that act in their name."""
