"""The database: engine, sessions, schema and its upgrade, accounts, row security, claims, and retries after an outage."""
