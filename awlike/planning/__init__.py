"""Planning: from requests to a plan that says what is reused, what is made, and why."""
