"""The web: in a browser what the prompt shows, by the same rules, for people who never type Python.

Each module of pages has its `ROUTES`; `app` joins them. A page asks the rooms below for facts, plans, reasons and lineage, and
shows them; it computes nothing of its own. Every page has an address, and the same address with ``.json`` for machines.
"""
