"""What lineage tells: what would be touched, where two products part, whether all is still there."""
