"""Programs and classes to copy."""
