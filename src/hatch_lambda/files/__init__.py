"""Files of this machine: temporary and private directories, and the paths that files in a zip can have."""
