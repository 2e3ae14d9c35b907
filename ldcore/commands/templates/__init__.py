"""A working plug-in of each kind, which `python -m ldcore new` copies; its TITLE becomes the new one's name."""
