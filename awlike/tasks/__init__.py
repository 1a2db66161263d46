"""Tasks: what people ask for, the execution of its plan, and why a product holds or not."""
