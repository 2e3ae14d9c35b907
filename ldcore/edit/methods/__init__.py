"""Edit methods, a file each (contract: ldcore.edit)."""
