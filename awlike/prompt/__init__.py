"""What one sees at the prompt; nothing imports it."""
