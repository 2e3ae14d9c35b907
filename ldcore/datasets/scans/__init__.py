"""What adapters of download folders share: reading, choosing and preprocessing scans."""
