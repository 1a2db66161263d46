"""Benchmarks: ours beside the peer in the same run. ``make bench`` runs them; no test depends on them."""
