"""The prompt: `awe>` and its notebook form. Only the command `awe` and the package itself load it."""
