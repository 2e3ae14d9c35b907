"""From noise to images, and back."""
