"""Tasks: the requests of people, the execution of their plans, and why a product holds or not."""
