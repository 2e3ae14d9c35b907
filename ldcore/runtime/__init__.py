"""Files, seeds, devices, jobs and errors: what every room stands on."""
