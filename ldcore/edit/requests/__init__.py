"""Which image is asked to become what, and in which words."""
