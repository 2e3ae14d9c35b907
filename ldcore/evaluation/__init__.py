"""How good the synthetic images are: whom they are compared with, how far they are from real ones, what they teach."""
