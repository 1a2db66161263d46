"""Tasks: what is asked for, the plan of what is reused and what is made, and its execution."""
